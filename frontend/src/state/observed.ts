/** Ice that somebody saw: drawn by a solid line beside the predicted, dashed one. No plan and no result knows of it. */
import { computed, effect, signal, untracked } from "@preact/signals";
import type { Box } from "../api/box";
import { ServerRefusal, ask, fetchBox } from "../api/client";
import type { Status } from "../api/types";
import { jobs, openCase, results, saved } from "./desk";
import { isWorking } from "./jobs";
import { tell } from "./notices";
import { inOwnPlace } from "./placed";

/** How far the prediction lies from what was seen, the edge taken as `celsius`. */
export interface Beside {
  celsius: number;
  observed_ml: number;
  predicted_ml: number;
  dice: number;
  mean_mm: number | null;
  p95_mm: number | null;
  farther_mm: number | null;
}
export interface ObservedRow {
  name: string;
  key: string;
  /** "observed at 12 min". */
  words: string;
  at_min: number;
  by: string;
  on: string;
  how: string;
  status: Status;
  beside: { stage: string; spacing_mm: number; beside: Beside; if_colder: Beside } | null;
}
export interface ObservedTold {
  stage: string;
  observed: ObservedRow[];
  assumed: string;
}

export const observed = signal<ObservedTold | null>(null);
/** Observations whose line is put away. */
export const hiddenIce = signal<ReadonlySet<string>>(new Set());
const boxes = signal<Record<string, Box>>({});

/** What is drawn on the slices now. */
export const iceLines = computed(() =>
  inOwnPlace.value
    ? []
    : (observed.value?.observed ?? []).flatMap((row) => {
        const box = boxes.value[row.key];
        return box && !hiddenIce.value.has(row.key) ? [{ key: `observed ${row.key}`, words: row.words, box }] : [];
      }),
);

const of = (id: string) => `/cases/${encodeURIComponent(id)}/observed`;

export async function loadObserved(): Promise<void> {
  const id = openCase.peek()?.id;
  if (!id) return;
  try {
    const told = await ask<ObservedTold>(of(id));
    if (openCase.peek()?.id !== id) return;
    observed.value = told;
    for (const row of told.observed) if (!boxes.peek()[row.key]) void loadBox(id, row);
  } catch (problem) {
    if (!(problem instanceof ServerRefusal && problem.status === 0)) tell(`Observed ice was not read. ${(problem as Error).message}`, "warn");
  }
}

async function loadBox(id: string, { name, key }: ObservedRow): Promise<void> {
  try {
    const box = await fetchBox(`${of(id)}/${encodeURIComponent(name)}/ice.box?key=${encodeURIComponent(key)}`);
    if (openCase.peek()?.id === id) boxes.value = { ...boxes.peek(), [key]: box };
  } catch (problem) {
    tell(`The edge of observed ice was not loaded. ${(problem as Error).message}`, "warn");
  }
}

let started = false;

/** From now on know of the ice that was seen in the open case. */
export function startObserved(): void {
  if (started) return;
  started = true;
  let which = "";
  effect(() => {
    const id = openCase.value?.id ?? "";
    const ended = jobs.value.filter((j) => j.case === id && /^(observed|as-placed)$/.test(j.kind) && !isWorking(j)).length;
    void [saved.value?.revision, results.value, ended];
    untracked(() => {
      if (id !== which) {
        which = id;
        observed.value = null;
        boxes.value = {};
        hiddenIce.value = new Set();
      }
      void loadObserved();
    });
  });
}
