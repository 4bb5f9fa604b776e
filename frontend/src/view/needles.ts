/** Needles on a slice: the shaft, the active zone thick, the tip and a number; dotted where they lie off the plane. */
import type { Mm } from "../api/box";
import type { Needle, NeedleTold } from "../api/types";
import { token } from "./colours";
import { FONT, type Labels, haloed } from "./labels";
import type { SliceView } from "./layers";
import { add, between, dot, minus, times, unit } from "./vector";

/** A part of a needle this near to the plane is drawn as lying in it (as in `reporting/drawing.py`). */
const IN_PLANE_MM = 2.5;

/** Where the active zone of a needle lies while it moves: as far behind the tip as where it was saved. */
export function activeZone(needle: Needle, saved: Needle | undefined, told: NeedleTold | undefined): [Mm, Mm] | null {
  if (!saved || !told || saved.probe !== needle.probe) return null;
  const back = unit(minus(saved.entry_mm, saved.tip_mm));
  const [a, b] = told.active_zone_mm.map((end) => dot(minus(end, saved.tip_mm), back)) as [number, number];
  const now = unit(minus(needle.entry_mm, needle.tip_mm));
  return [add(needle.tip_mm, times(now, a)), add(needle.tip_mm, times(now, b))];
}

export function paintNeedle(
  view: SliceView,
  labels: Labels,
  needle: Needle,
  zone: [Mm, Mm] | null,
  number: number,
  chosen: boolean,
): void {
  const { ctx } = view;
  const colour = token("needle");
  ctx.globalAlpha = chosen ? 1 : 0.72;
  ctx.lineCap = "butt";
  piece(view, needle.entry_mm, needle.tip_mm, colour, chosen ? 1.8 : 1.2);
  if (zone) piece(view, zone[0], zone[1], colour, chosen ? 5 : 4);
  tip(view, needle.tip_mm, colour);
  ctx.globalAlpha = 1;
  const places = Array.from({ length: 24 }, (_, n) => {
    const at = view.toPx(between(needle.entry_mm, needle.tip_mm, n / 24));
    return [
      { x: at.x + 13, y: at.y },
      { x: at.x - 13, y: at.y },
    ];
  }).flat();
  labels.write(String(number), places, chosen ? token("planned") : colour, `700 13px ${FONT}`);
}

/** As planned, where needles as placed are shown too: dashed, a ring at the tip. */
export function paintPlanned(view: SliceView, needle: Needle, chosen: boolean): void {
  const path = new Path2D();
  const [a, b] = [view.toPx(needle.entry_mm), view.toPx(needle.tip_mm)];
  path.moveTo(a.x, a.y);
  path.lineTo(b.x, b.y);
  haloed(view.ctx, path, token("planned"), chosen ? 1.7 : 1.3, [8, 5]);
  const ring = new Path2D();
  ring.arc(b.x, b.y, 4.5, 0, 2 * Math.PI);
  haloed(view.ctx, ring, token("planned"), 1.5);
}

/** As placed: solid; one that was not set on a streak lies where it was planned, and says so. */
export function paintLying(view: SliceView, labels: Labels, needle: Needle, zone: [Mm, Mm], number: number, set: boolean): void {
  if (set) {
    const colour = token("placed");
    piece(view, needle.entry_mm, needle.tip_mm, colour, 1.6);
    piece(view, zone[0], zone[1], colour, 3.6);
    tip(view, needle.tip_mm, colour);
  }
  const places = Array.from({ length: 24 }, (_, n) => {
    const at = view.toPx(between(needle.entry_mm, needle.tip_mm, n / 24));
    return [
      { x: at.x + 13, y: at.y },
      { x: at.x - 13, y: at.y },
    ];
  }).flat();
  labels.write(set ? String(number) : `${number} not set`, places, set ? "#ffffff" : token("planned"), `700 13px ${FONT}`);
}

/** A straight piece: solid where it lies in the plane, dotted and fainter where it is projected onto it. */
function piece(view: SliceView, from: Mm, to: Mm, colour: string, width: number): void {
  const [a, b] = [view.depth(from), view.depth(to)];
  const at = (depth: number) => (depth - a) / (b - a);
  const [s, t] = Math.abs(b - a) < 1e-6 ? [Math.abs(a) <= IN_PLANE_MM ? 0 : 2, 1] : [at(-IN_PLANE_MM), at(IN_PLANE_MM)];
  const low = Math.max(0, Math.min(s, t));
  const high = Math.min(1, Math.max(s, t));
  const inside = high > low;
  const line = (p: number, q: number, dash: number[], wide: number) => {
    if (q - p < 1e-6) return;
    const path = new Path2D();
    const [m, n] = [view.toPx(between(from, to, p)), view.toPx(between(from, to, q))];
    path.moveTo(m.x, m.y);
    path.lineTo(n.x, n.y);
    haloed(view.ctx, path, colour, wide, dash);
  };
  const { ctx } = view;
  const before = ctx.globalAlpha;
  ctx.globalAlpha = before * 0.8;
  line(0, inside ? low : 1, [3, 4], Math.max(1.1, width * 0.6));
  if (inside) line(high, 1, [3, 4], Math.max(1.1, width * 0.6));
  ctx.globalAlpha = before;
  if (inside) line(low, high, [], width);
}

function tip(view: SliceView, at: Mm, colour: string): void {
  const { x, y } = view.toPx(at);
  const { ctx } = view;
  ctx.beginPath();
  ctx.arc(x, y, 3, 0, 2 * Math.PI);
  ctx.lineWidth = 1.5;
  ctx.strokeStyle = "#000000";
  ctx.fillStyle = Math.abs(view.depth(at)) <= IN_PLANE_MM ? colour : "rgba(255, 255, 255, 0.35)";
  ctx.fill();
  ctx.stroke();
}
