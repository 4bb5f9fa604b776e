/** Needles AS PLACED: what the server knows of them, which image the slices show, and whose numbers and ice are seen. */
import { batch, computed, effect, signal } from "@preact/signals";
import type { Box, Matrix, Mm } from "../api/box";
import { inverse } from "../api/box";
import { ServerRefusal, ask, fetchBox } from "../api/client";
import type { Needle, NeedleTold, PlanDocument, Results, Status, Strip } from "../api/types";
import { cross, image, jobs, openCase, results, saved } from "./desk";
import { isWorking } from "./jobs";
import { tell } from "./notices";

/** How far one needle lies from where it was planned. */
export interface Off {
  tip_mm: number;
  deeper_mm: number;
  beside_mm: number;
  angle_deg: number;
  entry_mm: number | null;
}
export interface Registration {
  how: string;
  control_to_planning: Matrix;
  turned_deg: number;
  moved_mm: number;
  residual_mm: number | null;
  residual_deg: number | null;
}
export interface Placed {
  status: Status;
  told: {
    control: string;
    at_min: number;
    registration: Registration;
    needles: { needle: string; set_on_streak: boolean; tip_lps_mm: Mm; off?: Off }[];
    advice?: string;
    spacing_mm?: number;
    next_needle?: { probe: string; tip_mm: Mm; entry_mm: Mm } | null;
  } | null;
  /** Numbers of the plan as planned and as placed; null unless valid. */
  beside: Record<"planned" | "as_placed", { run: Results["run"]; strip: Strip | null }> | null;
  plan: PlanDocument | null;
  needles?: NeedleTold[];
  control_key?: string;
}

export const placed = signal<Placed | null>(null);

/** "own": the control CT in its own place, where its streaks are pointed at; "laid": laid over the planning image. */
export const looking = signal<"planning" | "own" | "laid">("planning");
/** The control CT of an upload, in its own place, and its name. */
export const ownBox = signal<{ box: Box; name: string } | null>(null);
const laidBox = signal<{ box: Box; key: string } | null>(null);

export interface Other {
  box: Box;
  /** False in its own place: nothing of the plan lies where it shows the patient. */
  laid: boolean;
  words: string;
}
/** The image that is shown in place of the planning image; null where that is seen. */
export const other = computed<Other | null>(() => {
  if (looking.value === "own" && ownBox.value) return { box: ownBox.value.box, laid: false, words: "in its own place, not laid over the plan" };
  const told = placed.value?.told;
  if (looking.value === "laid" && laidBox.value && told) return { box: laidBox.value.box, laid: true, words: laidWords(told.registration) };
  return null;
});
export const inOwnPlace = computed(() => other.value?.laid === false);
/** What the slices show. */
export const seen = computed<Box | null>(() => other.value?.box ?? image.value);
/** In the control CT's own place: the shaft whose plane is looked at. */
export const ownShaft = signal<[Mm, Mm] | null>(null);

/** How well the control CT lies on the planning image. */
export const laidWords = (laid: Registration): string =>
  laid.residual_mm === null ? `laid over the plan: ${laid.how}, nobody knows how well` : `laid over the plan, ±${laid.residual_mm.toFixed(1)} mm`;

/** Whether the needles as placed are drawn beside the planned ones. */
export const showPlaced = signal(true);
export const lying = computed<{ needle: Needle; told: NeedleTold; set: boolean }[]>(() => {
  const now = placed.value;
  if (!showPlaced.value || now?.status !== "valid" || !now.plan || inOwnPlace.value) return [];
  return now.plan.probes.map((needle, n) => ({ needle, told: now.needles![n]!, set: now.told!.needles[n]!.set_on_streak }));
});

/** Where each image was looked at last; the control CT in its own place has another cross than the plan. */
let planCross: Mm | null = null;
let ownCross: Mm | null = null;

/** Show the planning image, or the control CT. */
export function lookAt(what: "planning" | "own" | "laid"): void {
  const was = looking.peek();
  if (what === was || (what === "own" && !ownBox.peek())) return;
  batch(() => {
    if (was === "own") {
      ownCross = cross.peek();
      if (planCross) cross.value = planCross;
    } else if (what === "own") {
      planCross = cross.peek();
      cross.value = ownCross ?? brightest(ownBox.peek()!.box);
    }
    looking.value = what;
  });
  if (what === "laid") void loadLaid();
}

/** Another control CT: its cross begins at its metal. */
export function takeControl(box: Box, name: string): void {
  ownCross = null;
  batch(() => {
    if (looking.peek() === "own") cross.value = brightest(box);
    ownBox.value = { box, name };
  });
  lookAt("own");
}

const METAL = 2500;

/** The middle of what is as bright as metal, else of the image. */
function brightest({ header, raw }: Box): Mm {
  const [nx, ny, nz] = header.shape;
  const sum = [0, 0, 0];
  let count = 0;
  for (let k = 0, n = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, n++)
        if (raw[n]! * header.scale + header.offset >= METAL) {
          sum[0]! += i;
          sum[1]! += j;
          sum[2]! += k;
          count++;
        }
  // A whole slice, so that it is drawn as the scanner made it.
  const at = count ? sum.map((v) => Math.round(v / count)) : header.shape.map((n) => Math.floor(n / 2));
  return header.affine.slice(0, 3).map((r) => r[0] * at[0]! + r[1] * at[1]! + r[2] * at[2]! + r[3]) as unknown as Mm;
}

async function loadLaid(): Promise<void> {
  const [id, now] = [openCase.peek()?.id, placed.peek()];
  if (!id || !now?.control_key || laidBox.peek()?.key === now.control_key) return;
  try {
    const own = await fetchBox(`/cases/${encodeURIComponent(id)}/placed/control.box?key=${encodeURIComponent(now.control_key)}`);
    if (openCase.peek()?.id !== id) return;
    const affine = product(now.told!.registration.control_to_planning, own.header.affine);
    laidBox.value = { box: { ...own, header: { ...own.header, affine }, toIndex: inverse(affine) }, key: now.control_key };
  } catch (problem) {
    tell(`The control CT was not loaded. ${(problem as Error).message}`, "warn");
    lookAt("planning");
  }
}

/** The product of two affine matrices. */
export const product = (a: Matrix, b: Matrix): Matrix =>
  [0, 1, 2, 3].map((i) => [0, 1, 2, 3].map((j) => [0, 1, 2, 3].reduce((sum, k) => sum + a[i]![k]! * b[k]![j]!, 0))) as unknown as Matrix;

let started = false;

/** From now on know of the open case's needles as placed. */
export function startPlaced(): void {
  if (started) return;
  started = true;
  let which = "";
  let turn = 0;
  let known: string | undefined;
  let asked = "";
  effect(() => {
    const id = openCase.value?.id ?? "";
    const ended = jobs.value.filter((j) => j.case === id && /^(as-placed|placed-run|simulate|assess|spread)$/.test(j.kind) && !isWorking(j)).length;
    void [saved.value?.revision, results.value?.run.key, results.value?.run.status, ended];
    if (id !== which) {
      which = id;
      batch(() => {
        placed.value = null;
        ownBox.value = null;
        laidBox.value = null;
        looking.value = "planning";
      });
      planCross = ownCross = null;
    }
    if (!id) return;
    const mine = ++turn;
    ask<Placed>(`/cases/${encodeURIComponent(id)}/placed`)
      .then((found) => {
        if (mine !== turn) return;
        const fresh = found.status === "valid" && asked === id && found.control_key !== known;
        [known, asked] = [found.control_key, id];
        batch(() => {
          placed.value = found;
          // The needles were just set: seen where they lie, with the plan.
          if (fresh && looking.peek() === "own") lookAt("laid");
          if (looking.peek() === "laid" && found.status !== "valid") looking.value = "planning";
        });
        if (looking.peek() === "laid") void loadLaid();
      })
      .catch((problem: unknown) => {
        if (mine === turn && !(problem instanceof ServerRefusal && problem.status === 0)) placed.value = null;
      });
  });
}
