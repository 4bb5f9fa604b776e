/** The hand on the control CT in its own place: a click sets the point that is asked for, a point is dragged, keys move it. */
import type { Mm } from "../api/box";
import { cross } from "../state/desk";
import { token } from "../view/colours";
import { FONT, haloed, written } from "../view/labels";
import { type Layer, type SliceView, registerLayer } from "../view/layers";
import { add, times } from "../view/vector";
import { type Pairs, type Slot, armNext, armed, back, goTo, names, pairs, put, remember, setPoint, slots, triedNow } from "./points";

/** How near the hand must come, CSS pixels: a finger is wider than a mouse. */
const reach = (event: PointerEvent): number => (event.pointerType === "touch" ? 24 : 11);
/** While a point is asked for, one that is there is taken only by a hand that hits it: needles lie close to each other. */
const HIT_PX = 5;
/** A point this far out of the plane is not taken by a hand there. */
const OFF_PLANE_MM = 6;
const ARROWS: Record<string, [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

let doing: { slot: Slot; before: Pairs; fresh: boolean } | null = null;

const layer: Layer = {
  own: true,
  paint,
  pointer(kind, at, view, event) {
    if (kind === "down") {
      if (event.button !== 0 || event.shiftKey) return false;
      const asked = armed.value;
      const missing = asked && !pairs.value[asked.needle]?.[asked.which];
      const near = nearest(at, view, missing ? HIT_PX : reach(event));
      const slot = near ?? asked;
      if (!slot) return false;
      doing = { slot, before: pairs.value, fresh: !near };
      armed.value = slot;
      if (!near) put(slot, at);
      return true;
    }
    if (!doing) return false;
    if (kind === "move") put(doing.slot, at);
    else {
      if (pairs.value !== doing.before) remember(`${doing.slot.needle}, ${doing.slot.which}`, doing.before);
      if (doing.fresh) armNext(doing.slot);
      doing = null;
    }
    return true;
  },
  key(event, view) {
    const way = ARROWS[event.key];
    const slot = armed.value;
    if (!slot) return false;
    if (event.key === "Escape") {
      armed.value = null;
      return true;
    }
    const there = pairs.value[slot.needle]?.[slot.which];
    if (event.key === "Enter" || event.key === " ") {
      if (!there) setPoint(slot, cross.value);
      armNext(slot);
      return true;
    }
    if (!way) return false;
    const by = add(times(view.plane.right, way[0]), times(view.plane.down, way[1]));
    const step = times(by, event.shiftKey ? 5 : 1);
    // Without a point yet the cross is carried to where it shall lie.
    if (there) setPoint(slot, add(there, step));
    else cross.value = add(cross.value, step);
    return true;
  },
};

function nearest(at: Mm, view: SliceView, within: number): Slot | null {
  let best: Slot | null = null;
  let least = within;
  const p = view.toPx(at);
  for (const slot of slots.value) {
    const point = pairs.value[slot.needle]?.[slot.which];
    if (!point || Math.abs(view.depth(point)) > OFF_PLANE_MM) continue;
    const q = view.toPx(point);
    const gap = Math.hypot(p.x - q.x, p.y - q.y);
    if (gap <= least) [best, least] = [slot, gap];
  }
  return best;
}

function paint(view: SliceView): void {
  names.value.forEach((needle, n) => {
    const { tip, shaft } = pairs.value[needle] ?? {};
    const found = triedNow(needle)?.found ?? null;
    const { ctx } = view;
    if (found) {
      line(view, back(found), found.tip_mm, token("placed"), 1.6, []);
      ring(view, found.tip_mm, token("placed"));
    } else if (tip && shaft) line(view, shaft, tip, token("planned"), 1.1, [3, 4]);
    for (const [which, at] of [["tip", tip], ["shaft", shaft]] as const) {
      if (!at) continue;
      const chosen = armed.value?.needle === needle && armed.value.which === which;
      const near = Math.abs(view.depth(at)) <= OFF_PLANE_MM;
      ctx.globalAlpha = near ? 1 : 0.45;
      mark(view, at, which, chosen);
      ctx.font = `700 11px ${FONT}`;
      const words = `${n + 1} ${which === "tip" ? "tip" : "shaft"}${near ? "" : ` ${Math.abs(view.depth(at)).toFixed(0)} mm off`}`;
      const wide = ctx.measureText(words).width;
      const { x, y } = view.toPx(at);
      written(ctx, words, { x: x + wide / 2 + 14, y: y - 9 }, token("planned"), wide);
      ctx.globalAlpha = 1;
    }
  });
}

/** A cross for a tip, a square for a shaft: forms, not only colours. */
function mark(view: SliceView, at: Mm, which: "tip" | "shaft", chosen: boolean): void {
  const { x, y } = view.toPx(at);
  const path = new Path2D();
  const r = chosen ? 8 : 6;
  if (which === "tip") {
    path.moveTo(x - r, y - r);
    path.lineTo(x + r, y + r);
    path.moveTo(x - r, y + r);
    path.lineTo(x + r, y - r);
  } else path.rect(x - r * 0.8, y - r * 0.8, 1.6 * r, 1.6 * r);
  haloed(view.ctx, path, token("planned"), chosen ? 2.4 : 1.6);
}

function ring(view: SliceView, at: Mm, colour: string): void {
  const { x, y } = view.toPx(at);
  const path = new Path2D();
  path.arc(x, y, 4.5, 0, 2 * Math.PI);
  haloed(view.ctx, path, colour, 1.6);
}

function line(view: SliceView, from: Mm, to: Mm, colour: string, width: number, dash: number[]): void {
  const [a, b] = [view.toPx(from), view.toPx(to)];
  const path = new Path2D();
  path.moveTo(a.x, a.y);
  path.lineTo(b.x, b.y);
  haloed(view.ctx, path, colour, width, dash);
}

/** Arm a point and bring the slices there. */
export function choose(slot: Slot): void {
  armed.value = slot;
  goTo(slot);
}

registerLayer(layer);
