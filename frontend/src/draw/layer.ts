/** The hand on the slices while something is drawn: mouse, touch and pen alike. */
import type { Mm } from "../api/box";
import { cross, tab } from "../state/desk";
import { type Layer, type SliceView, registerLayer, repaint } from "../view/layers";
import { type Kind, normal } from "../view/plane";
import { minus, norm, times, add } from "../view/vector";
import { askGrow } from "./ask";
import { type Ellipsoid, type Handle, handles, moved, withDiameter } from "./ellipsoid";
import type { Cells, Stroke } from "./mask";
import { paint } from "./paint";
import {
  brushBall,
  brushMm,
  cellsOfImage,
  change,
  did,
  ellipsoid,
  erasing,
  outlines,
  painted,
  points,
  problem,
  seed,
  tool,
} from "./state";

/** How near the hand must come, CSS pixels: a finger is wider than a mouse. */
const reach = (event: PointerEvent): number => (event.pointerType === "touch" ? 24 : 12);
const LEAST_DRAG_PX = 4;
const PATIENT: readonly string[] = ["axial", "coronal", "sagittal"];

type Doing =
  | { what: "diameter"; from: Mm; before: Ellipsoid | null; view: SliceView }
  | { what: "handle"; handle: Handle; from: Mm; before: Ellipsoid }
  | { what: "stroke"; on: Cells; last: Mm; strokes: Stroke[]; value: 0 | 1 }
  | { what: "outline"; plane: Kind; points: Mm[]; more: boolean }
  | { what: "vertex"; index: number; before: Mm[] }
  | { what: "tap" };

/** What the hand is about; painted too. */
export const hand: { doing: Doing | null; at: Mm | null; view: string; diameter: [Mm, Mm] | null } = {
  doing: null,
  at: null,
  view: "",
  diameter: null,
};

const layer: Layer = {
  paint: (view) => paint(view, hand),
  pointer(kind, at, view, event) {
    if (tool.value === "none" || tab.value !== "structures") return false;
    if (kind === "down") return event.button === 0 && down(at, view, event);
    if (kind === "move" && !hand.doing) {
      hand.at = at;
      hand.view = view.kind;
      if (tool.value === "brush") repaint();
      return false;
    }
    if (!hand.doing) return false;
    if (kind === "move") move(at, view, event);
    else up(at, view, event);
    return true;
  },
};

function down(at: Mm, view: SliceView, event: PointerEvent): boolean {
  problem.value = null;
  switch (tool.value) {
    case "ellipsoid": {
      const now = ellipsoid.value;
      const near = now && nearest(handles(now, view.plane), at, view, reach(event));
      hand.doing =
        now && near
          ? { what: "handle", handle: near.handle, from: at, before: now }
          : { what: "diameter", from: at, before: now, view };
      return true;
    }
    case "brush": {
      const on = cellsOfImage();
      if (!on) return false;
      const value = erasing.value !== event.altKey ? 0 : 1;
      hand.doing = { what: "stroke", on, last: at, strokes: [], value };
      dab(at, view);
      return true;
    }
    case "contours": {
      if (!PATIENT.includes(view.kind)) {
        problem.value = said("This slice is oblique.", "Draw outlines on the axial, coronal or sagittal slices.");
        return true;
      }
      const plane = view.kind as Kind;
      const other = outlines.value.find((o) => o.plane !== plane);
      if (other) {
        problem.value = said(`The outlines so far lie on ${other.plane} slices.`, `Go on there, or clear them to begin on ${plane} ones.`);
        return true;
      }
      hand.doing = { what: "outline", plane, points: [at], more: event.shiftKey };
      return true;
    }
    case "point":
    case "line": {
      const before = points.value;
      const index = before.findIndex((p) => Math.abs(view.depth(p)) < 5 && away(p, at, view) < reach(event));
      hand.doing = { what: "vertex", index: index < 0 ? before.length : index, before };
      points.value = index < 0 ? [...before, at] : before;
      return true;
    }
    case "grow":
      hand.doing = { what: "tap" };
      return true;
    default:
      return false;
  }
}

function move(at: Mm, view: SliceView, event: PointerEvent): void {
  const doing = hand.doing!;
  hand.at = at;
  if (doing.what === "diameter") {
    if (away(doing.from, at, view) < LEAST_DRAG_PX) return;
    hand.diameter = [doing.from, at];
    ellipsoid.value = withDiameter(doing.before, doing.from, at, view.plane);
  } else if (doing.what === "handle") ellipsoid.value = moved(doing.before, doing.handle, minus(at, doing.from));
  else if (doing.what === "stroke") {
    const step = Math.max(brushMm.value / 5, 0.3);
    const gap = norm(minus(at, doing.last));
    for (let n = 1; n <= Math.floor(gap / step); n++) dab(add(doing.last, times(minus(at, doing.last), (n * step) / gap)), view);
    if (gap >= step) doing.last = at;
  } else if (doing.what === "outline") {
    if (away(doing.points.at(-1)!, at, view) >= 2) doing.points.push(at);
    repaint();
  } else if (doing.what === "vertex") points.value = doing.before.toSpliced(doing.index, 1, at);
  void event;
}

function up(at: Mm, view: SliceView, _event: PointerEvent): void {
  const doing = hand.doing!;
  hand.doing = null;
  hand.diameter = null;
  if (doing.what === "diameter" || doing.what === "handle") {
    const now = ellipsoid.value;
    if (now === doing.before || !now) return;
    change(doing.what === "diameter" ? "diameter" : "correction", ellipsoid, now, doing.before);
    // The other slices follow, so that the next diameter can be dragged at once.
    cross.value = now.centre;
  } else if (doing.what === "stroke") {
    const { on, strokes } = doing;
    if (strokes.some((s) => s.cells.length))
      did(
        doing.value ? "stroke" : "erasing",
        () => counted(() => [...strokes].reverse().forEach((s) => on.takeBack(s))),
        () => counted(() => strokes.forEach((s) => on.set(s.cells, s.value))),
      );
  } else if (doing.what === "outline") {
    repaint();
    if (doing.points.length < 5) return;
    const axis = { sagittal: 0, coronal: 1, axial: 2 }[doing.plane];
    const level = doing.points[0]![axis]!;
    const flat = doing.points.map((p) => p.map((v, a) => (a === axis ? level : v)) as unknown as Mm);
    const kept = doing.more ? outlines.value : outlines.value.filter((o) => Math.abs(o.at - level) > 0.25);
    change("outline", outlines, [...kept, { plane: doing.plane, at: level, points: flat }]);
  } else if (doing.what === "vertex") change(tool.value, points, points.value, doing.before);
  else {
    seed.value = at;
    void askGrow(true);
  }
  void view;
}

function dab(at: Mm, view: SliceView): void {
  const doing = hand.doing;
  if (doing?.what !== "stroke") return;
  const found = doing.on.ball(at, brushMm.value / 2, brushBall.value ? null : normal(view.plane));
  doing.strokes.push(doing.on.set(found, doing.value));
  painted.value++;
}

function counted(work: () => void): void {
  work();
  painted.value++;
}

function nearest<T extends { at: Mm }>(of: T[], at: Mm, view: SliceView, within: number): T | null {
  let best: T | null = null;
  let least = within;
  for (const one of of) {
    const gap = away(one.at, at, view);
    // The centre gives way to an end that lies as near: a small target's handles crowd.
    if (gap <= least) [best, least] = [one, gap];
  }
  return best;
}

function away(a: Mm, b: Mm, view: SliceView): number {
  const [p, q] = [view.toPx(a), view.toPx(b)];
  return Math.hypot(p.x - q.x, p.y - q.y);
}

const said = (what: string, remedy: string) => ({ code: "draw", what, where: "", remedy });

registerLayer(layer);
