/** Two points a needle on the control CT, with their own undo; where both are set, the streak is tried at once. */
import { batch, computed, effect, signal, untracked } from "@preact/signals";
import type { Mm } from "../api/box";
import { post } from "../api/client";
import type { Refusal } from "../api/types";
import { cross, openCase, plan } from "../state/desk";
import { ownBox, ownShaft } from "../state/placed";
import { said } from "../state/plan";
import { repaint } from "../view/layers";

export type Which = "tip" | "shaft";
export interface Slot {
  needle: string;
  which: Which;
}
export type Pairs = Record<string, Partial<Record<Which, Mm>>>;
export interface FoundNeedle {
  needle: string;
  tip_mm: Mm;
  /** From the tip back. */
  out: Mm;
  moved_mm: number;
  explained: number;
}
export interface Tried {
  of: string;
  found: FoundNeedle | null;
  refusal: Refusal | null;
}

/** The upload that the control CT came with, and which of its images it is. */
export const upload = signal("");
export const series = signal("");
export const pairs = signal<Pairs>({});
/** The point that the next click sets, and that the arrow keys move. */
export const armed = signal<Slot | null>(null);
export const tried = signal<Record<string, Tried>>({});

const past = signal<{ words: string; pairs: Pairs }[]>([]);
const future = signal<{ words: string; pairs: Pairs }[]>([]);
export const canUndo = computed(() => past.value.at(-1)?.words ?? "");
export const canRedo = computed(() => future.value.at(-1)?.words ?? "");

export const names = computed(() => (plan.value?.probes ?? []).map((p, i) => p.name || `needle ${i + 1}`));

export const slots = computed<Slot[]>(() => names.value.flatMap((needle) => [{ needle, which: "tip" as const }, { needle, which: "shaft" as const }]));

const same = (a: Slot | null, b: Slot): boolean => a?.needle === b.needle && a.which === b.which;

/** What goes to the server: needles with both points. */
export const streaks = computed(() =>
  names.value.flatMap((needle) => {
    const { tip, shaft } = pairs.value[needle] ?? {};
    return tip && shaft ? [{ needle, tip_mm: tip, shaft_mm: shaft }] : [];
  }),
);

/** Forget all points: another control CT. */
export function forgetPoints(): void {
  batch(() => {
    pairs.value = {};
    tried.value = {};
    past.value = [];
    future.value = [];
    armed.value = slots.peek()[0] ?? null;
  });
}

/** The points as they were before a change, to be taken back in one step. */
export function remember(words: string, before: Pairs): void {
  past.value = [...past.value.slice(-99), { words, pairs: before }];
  future.value = [];
}

const rounded = (at: Mm): Mm => at.map((v) => Math.round(v * 10) / 10) as unknown as Mm;

/** Move or set a point without remembering it. */
export function put({ needle, which }: Slot, at: Mm | null): void {
  const { [which]: _gone, ...rest } = pairs.value[needle] ?? {};
  pairs.value = { ...pairs.value, [needle]: at ? { ...rest, [which]: rounded(at) } : rest };
}

/** Set a point, or take it away (null). */
export function setPoint(slot: Slot, at: Mm | null): void {
  remember(`${slot.needle}, ${slot.which}`, pairs.value);
  put(slot, at);
}

/** After a point was set: on to the next one that is missing; none where all are there. */
export function armNext(after: Slot): void {
  const all = slots.value;
  const from = all.findIndex((s) => same(after, s));
  const order = [...all.slice(from + 1), ...all.slice(0, from + 1)];
  armed.value = order.find((s) => !pairs.value[s.needle]?.[s.which]) ?? null;
}

export function undoPoint(): void {
  const step = past.value.at(-1);
  if (!step) return;
  future.value = [...future.value, { words: step.words, pairs: pairs.value }];
  past.value = past.value.slice(0, -1);
  pairs.value = step.pairs;
}

export function redoPoint(): void {
  const step = future.value.at(-1);
  if (!step) return;
  past.value = [...past.value, { words: step.words, pairs: pairs.value }];
  future.value = future.value.slice(0, -1);
  pairs.value = step.pairs;
}

/** Bring the slices to a point, or to the metal. */
export function goTo(slot: Slot): void {
  const at = pairs.value[slot.needle]?.[slot.which];
  if (at) cross.value = at;
}

const REST_MS = 350;
let resting: ReturnType<typeof setTimeout> | undefined;

/** Try each streak whose points are new, once the hand rests. */
function tryAll(): void {
  const id = openCase.peek()?.id;
  if (!id || !upload.peek()) return;
  for (const streak of streaks.peek()) {
    const of = JSON.stringify(streak);
    if (tried.peek()[streak.needle]?.of === of) continue;
    const keep = (found: FoundNeedle | null, refusal: Refusal | null) => {
      const now = streaks.peek().find((s) => s.needle === streak.needle);
      if (now && JSON.stringify(now) === of) tried.value = { ...tried.peek(), [streak.needle]: { of, found, refusal } };
    };
    post<FoundNeedle>(`/cases/${encodeURIComponent(id)}/control/${upload.peek()}/streak`, { ...streak, series: series.peek() })
      .then((found) => keep(found, null))
      .catch((problem: unknown) => keep(null, said(problem)));
  }
}

/** What is known of a needle's points as they stand; null while it is being asked. */
export function triedNow(needle: string): Tried | null {
  const streak = streaks.value.find((s) => s.needle === needle);
  const found = tried.value[needle];
  return streak && found?.of === JSON.stringify(streak) ? found : null;
}

let onCase = "";
effect(() => {
  const id = openCase.value?.id ?? "";
  if (id === onCase) return;
  onCase = id;
  untracked(() => {
    upload.value = "";
    series.value = "";
    forgetPoints();
  });
});
effect(() => {
  void [streaks.value, ownBox.value];
  clearTimeout(resting);
  resting = setTimeout(() => untracked(tryAll), REST_MS);
});
effect(() => {
  // The plane of the needle that is being set; while one point is missing there is none.
  const needle = armed.value?.needle ?? names.value[0] ?? "";
  const found = triedNow(needle)?.found;
  const { tip, shaft } = pairs.value[needle] ?? {};
  ownShaft.value = found ? [back(found), found.tip_mm] : tip && shaft ? [shaft, tip] : null;
});
effect(() => {
  void [pairs.value, armed.value, tried.value];
  untracked(repaint);
});

const SHOWN_MM = 80;
/** A point far back on a needle as found. */
export const back = (found: FoundNeedle): Mm => found.tip_mm.map((v, a) => v + SHOWN_MM * found.out[a]!) as unknown as Mm;
