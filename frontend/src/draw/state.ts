/** What is being drawn and not saved yet, with its own undo: nothing here has reached the server. */
import { batch, computed, effect, signal, untracked } from "@preact/signals";
import type { Mm } from "../api/box";
import type { Refusal } from "../api/types";
import { image, openCase, tab } from "../state/desk";
import type { Kind } from "../view/plane";
import { layout } from "../state/view";
import { repaint } from "../view/layers";
import { type Ellipsoid, outline, volumeMl } from "./ellipsoid";
import { Cells } from "./mask";

export type Tool = "none" | "ellipsoid" | "grow" | "brush" | "contours" | "point" | "line";

export interface Outline {
  plane: Kind;
  /** Where the slice lies along its axis, LPS mm. */
  at: number;
  points: Mm[];
}

export const TARGET = "tumour";
/** Not a structure: ice that is seen on the image. */
export const ICE = "ice that is seen";
/** Of the ice that is drawn: the minute of the procedure, and who says so. */
export const iceMin = signal(0);
export const iceBy = signal("");

export const tool = signal<Tool>("none");
export const ellipsoid = signal<Ellipsoid | null>(null);
export const cells = signal<Cells | null>(null);
export const outlines = signal<Outline[]>([]);
export const points = signal<Mm[]>([]);
export const seed = signal<Mm | null>(null);
/** What the drawn shape becomes: the target, or a structure of that name. */
export const name = signal(TARGET);
/** The structure that is drawn over, "" for a new one. */
export const editing = signal("");

export const brushMm = signal(6);
export const brushBall = signal(false);
export const erasing = signal(false);
export const radiusMm = signal(2);
export const tolerance = signal(30);
export const mostMl = signal(60);

export const busy = signal("");
export const problem = signal<Refusal | null>(null);
/** Cells are painted in place: this counts their changes. */
export const painted = signal(0);
/** What the region held that grew last, in words. */
export const grownWords = signal("");

interface Deed {
  words: string;
  undo(): void;
  redo(): void;
}
const past = signal<Deed[]>([]);
const future = signal<Deed[]>([]);
export const canUndo = computed(() => past.value.at(-1)?.words ?? "");
export const canRedo = computed(() => future.value.at(-1)?.words ?? "");

/** Remember what was done (and is done already), so that it can be taken back. */
export function did(words: string, undo: () => void, redo: () => void): void {
  past.value = [...past.value.slice(-199), { words, undo, redo }];
  future.value = [];
}

export function undoDrawing(): void {
  const deed = past.value.at(-1);
  if (!deed) return;
  deed.undo();
  past.value = past.value.slice(0, -1);
  future.value = [...future.value, deed];
}

export function redoDrawing(): void {
  const deed = future.value.at(-1);
  if (!deed) return;
  deed.redo();
  future.value = future.value.slice(0, -1);
  past.value = [...past.value, deed];
}

/** Put a value in place of a signal's, as a deed. */
export function change<T>(words: string, of: { value: T }, to: T, from: T = of.value): void {
  of.value = to;
  did(
    words,
    () => (of.value = from),
    () => (of.value = to),
  );
}

/** The cells that the brush works on, made from what was drawn before where that can be. */
export function cellsOfImage(): Cells | null {
  const header = image.value?.header;
  if (!header) return null;
  const now = cells.value;
  if (now && now.shape.join() === header.shape.join() && now.affine.flat().join() === header.affine.flat().join()) return now;
  const fresh = Cells.on(header);
  if (now) fresh.set(fresh.holding((p) => now.at(p), ...boxOf(now)), 1);
  else if (ellipsoid.value) fresh.set(fresh.holding(insideOf(ellipsoid.value), ...ends(ellipsoid.value)), 1);
  const before = now;
  cells.value = fresh;
  if (fresh.count) did("taken for the brush", () => (cells.value = before), () => (cells.value = fresh));
  return fresh;
}

function boxOf(of: Cells): [Mm, Mm] {
  const corners = [0, 1, 2, 3, 4, 5, 6, 7].map((n) =>
    of.mmOf(n & 1 ? of.shape[0] : -1, n & 2 ? of.shape[1] : -1, n & 4 ? of.shape[2] : -1),
  );
  const least = (a: number) => Math.min(...corners.map((c) => c[a]!));
  const most = (a: number) => Math.max(...corners.map((c) => c[a]!));
  return [
    [least(0), least(1), least(2)],
    [most(0), most(1), most(2)],
  ];
}

const insideOf = (e: Ellipsoid) => (p: Mm) =>
  [0, 1, 2].reduce((sum, a) => sum + ((2 * (p[a]! - e.centre[a]!)) / e.diameters[a]!) ** 2, 0) <= 1;
const ends = (e: Ellipsoid): [Mm, Mm] => [
  e.centre.map((c, a) => c - e.diameters[a]! / 2) as unknown as Mm,
  e.centre.map((c, a) => c + e.diameters[a]! / 2) as unknown as Mm,
];

export const usesCells = (which: Tool): boolean => which === "grow" || which === "brush" || which === "contours";

/** Whether there is something to save with the tool in hand, and its volume in mL (null where it has none). */
export const ready = computed<{ there: boolean; ml: number | null }>(() => {
  void painted.value;
  if (tool.value === "ellipsoid") return { there: ellipsoid.value !== null, ml: ellipsoid.value ? volumeMl(ellipsoid.value) : null };
  if (usesCells(tool.value)) return { there: (cells.value?.count ?? 0) > 0, ml: cells.value?.volumeMl ?? null };
  if (tool.value === "point") return { there: points.value.length > 0, ml: null };
  if (tool.value === "line") return { there: points.value.length > 1, ml: null };
  return { there: false, ml: null };
});

/** Forget what is drawn and not saved. */
export function clearDrawing(): void {
  batch(() => {
    ellipsoid.value = null;
    cells.value = null;
    outlines.value = [];
    points.value = [];
    seed.value = null;
    past.value = [];
    future.value = [];
    problem.value = null;
    grownWords.value = "";
  });
}

/** Begin to draw something new, or over something. */
export function begin(which: Tool, as: string, over = ""): void {
  batch(() => {
    clearDrawing();
    name.value = as;
    editing.value = over;
    erasing.value = false;
    tool.value = which;
  });
}

export function stopDrawing(): void {
  batch(() => {
    clearDrawing();
    editing.value = "";
    tool.value = "none";
  });
}

export { outline };

// Another case: what was drawn belongs to the one before.
let drawnOn = "";
effect(() => {
  const id = openCase.value?.id ?? "";
  if (id !== drawnOn) {
    drawnOn = id;
    stopDrawing();
    if (openCase.value && !openCase.value.has_target) {
      begin("ellipsoid", TARGET);
      tab.value = "structures";
      layout.value = "four";
    }
  }
});
effect(() => {
  void [tool.value, ellipsoid.value, cells.value, outlines.value, points.value, seed.value, painted.value, radiusMm.value];
  untracked(repaint);
});
