/** What of the plan has a place beside needles, drawn on the slices: pockets, warmers on the skin, spots, vessels. */
import { effect, signal, untracked } from "@preact/signals";
import type { Box, Mm } from "../api/box";
import { fetchBox } from "../api/client";
import { openCase, plan, saved } from "../state/desk";
import { tell } from "../state/notices";
import { other } from "../state/placed";
import { token } from "../view/colours";
import { type Line, contours } from "../view/contours";
import { FONT, haloed, written } from "../view/labels";
import { type Px, type SliceView, registerLayer, repaint } from "../view/layers";
import { pathOf, section, toPx } from "../view/overlay";
import { meets, rasterOf, sample, shadow } from "../view/slice";
import { around } from "./around";
import { type Kind, type Part_, kindOf } from "./records";

const STEP_MM = 1;
/** A line beside the plane is drawn where it comes so near. */
const NEAR_MM = 3;
const COLOURS: Partial<Record<Kind["key"], string>> = { pockets: "step-hold", warmers: "step-active-thaw", vessels: "structure", spots: "planned" };

/** Where the pockets of the plan as saved lie, in their order; null for one that cannot be opened. */
const boxes = signal<(Box | null)[]>([]);
const found = new WeakMap<Box, { section: string; lines: Line[] }>();

let wanted = "";
effect(() => {
  const [id, pockets] = [openCase.value?.id, (saved.value?.plan["pockets"] ?? []) as Part_[]];
  const key = id && pockets.length ? `${id} ${JSON.stringify(pockets)}` : "";
  if (key === wanted) return;
  wanted = key;
  boxes.value = [];
  if (key) void load(key, id!, pockets.length);
});

async function load(key: string, id: string, count: number): Promise<void> {
  const one = (n: number) =>
    fetchBox(`/cases/${encodeURIComponent(id)}/pockets/${n}.box`).catch((problem: Error) => {
      if (wanted === key) tell(`Pocket ${n + 1} is not drawn. ${problem.message}`, "warn");
      return null;
    });
  const came = await Promise.all(Array.from({ length: count }, (_, n) => one(n)));
  if (wanted === key) boxes.value = came;
}

/** A ball round a place, cut by the plane: its radius there; null where it is not met. */
export function cut(radius_mm: number, depth_mm: number): number | null {
  return Math.abs(depth_mm) < radius_mm ? Math.sqrt(radius_mm ** 2 - depth_mm ** 2) : null;
}

function paint(view: SliceView): void {
  const [now, near] = [plan.value, around()];
  // A control CT in its own place shows nothing of the plan.
  if (!now || !near || other.value?.laid === false) return;
  boxes.value.forEach((box, n) => box && paintPocket(view, box, `pocket ${n + 1}`));
  const each = (key: Kind["key"], draw: (one: Part_, colour: string, name: string) => void) =>
    ((now[key] ?? []) as Part_[]).forEach((one, n) => draw(one, token(COLOURS[key]!), String(one["name"] || `${kindOf(key).one} ${n + 1}`)));
  each("warmers", (one, colour, name) => {
    const card = near.choices.warmers.find((w) => w.name === one["warmer"]);
    if (one["centre_mm"]) paintBall(view, one["centre_mm"] as Mm, Number(one["radius_mm"] ?? card?.radius_mm ?? 0), colour, name);
  });
  each("spots", (one, colour, name) => {
    const card = near.choices.sprays.find((s) => s.name === one["applicator"]);
    paintBall(view, one["centre_mm"] as Mm, Number(one["radius_mm"] ?? card?.radius_mm ?? 0), colour, name);
  });
  each("vessels", (one, colour, name) => {
    const line = (one["line_mm"] ?? []) as Mm[];
    if (line.length > 1) paintTube(view, line, Number(one["diameter_mm"] ?? 0) / 2, colour, name);
  });
}

function paintBall(view: SliceView, at: Mm, radius_mm: number, colour: string, name: string): void {
  const radius = cut(radius_mm, view.depth(at));
  if (radius === null) return;
  const { x, y } = view.toPx(at);
  const path = new Path2D();
  path.arc(x, y, radius * view.pxPerMm, 0, 2 * Math.PI);
  haloed(view.ctx, path, colour, 1.6, [2, 3]);
  label(view, name, { x, y: y - radius * view.pxPerMm - 10 }, colour);
}

function paintTube(view: SliceView, line: Mm[], radius_mm: number, colour: string, name: string): void {
  const near = (at: Mm) => Math.abs(view.depth(at)) < radius_mm + NEAR_MM;
  const path = new Path2D();
  let first: Px | null = null;
  for (let n = 1; n < line.length; n += 1) {
    // Only the stretch that lies in the plane or close to it.
    const stretch = Array.from({ length: 21 }, (_, i) => line[n - 1]!.map((v, a) => v + ((line[n]![a]! - v) * i) / 20) as unknown as Mm).filter(near);
    stretch.forEach((at, i) => {
      const px = view.toPx(at);
      first ??= px;
      if (i) path.lineTo(px.x, px.y);
      else path.moveTo(px.x, px.y);
    });
  }
  if (!first) return;
  view.ctx.lineCap = "round";
  haloed(view.ctx, path, colour, Math.max(2, 2 * radius_mm * view.pxPerMm * 0.25));
  label(view, name, { x: (first as Px).x, y: (first as Px).y - 12 }, colour);
}

function paintPocket(view: SliceView, box: Box, name: string): void {
  if (!meets(box, view.plane)) return;
  const where = section(view.plane);
  let known = found.get(box);
  if (known?.section !== where) {
    known = { section: where, lines: contours(sample(box, view.plane, rasterOf(shadow(box, view.plane), STEP_MM)), 0.5) };
    found.set(box, known);
  }
  if (!known.lines.length) return;
  const colour = token(COLOURS.pockets!);
  const path = pathOf(view, known.lines);
  view.ctx.fillStyle = colour;
  view.ctx.globalAlpha = 0.22;
  view.ctx.fill(path, "evenodd");
  view.ctx.globalAlpha = 1;
  haloed(view.ctx, path, colour, 1.4);
  const { points } = known.lines[0]!;
  const { x, y } = toPx(view, points[0]!, points[1]!);
  label(view, name, { x, y: y - 10 }, colour);
}

function label(view: SliceView, text: string, at: Px, colour: string): void {
  view.ctx.font = `600 11px ${FONT}`;
  written(view.ctx, text, at, colour, view.ctx.measureText(text).width);
}

registerLayer({ paint, pointer: () => false });
effect(() => {
  void [plan.value, boxes.value];
  untracked(repaint);
});
