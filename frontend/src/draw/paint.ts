/** What is being drawn, on the slices. */
import type { Mm } from "../api/box";
import type { SliceView } from "../view/layers";
import { mm } from "../shell/words";
import { handles, outline, volumeMl } from "./ellipsoid";
import type { Cells } from "./mask";
import { ICE, TARGET, brushMm, cells, ellipsoid, erasing, name, outlines, painted, points, radiusMm, seed, tool, usesCells } from "./state";

const token = (of: string): string => getComputedStyle(document.documentElement).getPropertyValue(`--${of}`).trim();
/** Cells are shown by squares of so many pixels. */
const STEP_PX = 2;

interface Hand {
  doing: { what: string; points?: Mm[] } | null;
  at: Mm | null;
  view: string;
  diameter: [Mm, Mm] | null;
}

export function paint(view: SliceView, hand: Hand): void {
  if (tool.value === "none") return;
  const { ctx } = view;
  const colour = token(name.value === TARGET ? "target" : name.value === ICE ? "isotherm-0" : "structure");
  ctx.save();
  ctx.lineJoin = "round";
  if (tool.value === "ellipsoid") paintEllipsoid(view, colour, hand.diameter);
  if (usesCells(tool.value) && cells.value) paintCells(view, cells.value, colour);
  if (tool.value === "contours") paintOutlines(view, colour, hand.doing?.points ?? null);
  if (tool.value === "grow" && seed.value && Math.abs(view.depth(seed.value)) < 3) plus(view, seed.value, colour, 7);
  if (tool.value === "point" || tool.value === "line") paintPoints(view, colour);
  if (tool.value === "brush" && hand.at && hand.view === view.kind) {
    const { x, y } = view.toPx(hand.at);
    ctx.strokeStyle = erasing.value ? token("status-red") : colour;
    ctx.lineWidth = 1.5;
    ctx.beginPath();
    ctx.arc(x, y, (brushMm.value / 2) * view.pxPerMm, 0, 2 * Math.PI);
    ctx.stroke();
  }
  ctx.restore();
}

function paintEllipsoid(view: SliceView, colour: string, diameter: [Mm, Mm] | null): void {
  const e = ellipsoid.value;
  if (!e) return;
  const { ctx } = view;
  const edge = outline(e, view.plane);
  if (!edge.length) return;
  path(view, edge, true);
  ctx.fillStyle = colour;
  ctx.globalAlpha = 0.14;
  ctx.fill();
  ctx.globalAlpha = 1;
  ctx.strokeStyle = "#000";
  ctx.lineWidth = 4;
  ctx.stroke();
  ctx.strokeStyle = colour;
  ctx.lineWidth = 2;
  ctx.stroke();
  if (diameter) {
    path(view, diameter, false);
    ctx.setLineDash([5, 4]);
    ctx.stroke();
    ctx.setLineDash([]);
  }
  for (const { handle, at } of handles(e, view.plane)) {
    if (handle.kind === "centre") plus(view, at, colour, 6);
    else knob(view, at, colour, e.given[handle.axis]);
  }
  const low = edge.reduce((best, p) => (view.toPx(p).y > view.toPx(best).y ? p : best));
  const { x, y } = view.toPx(low);
  const [a, b, c] = e.diameters;
  words(view, `${a.toFixed(0)} × ${b.toFixed(0)} × ${mm(c).replace(/\.\d/, "")}, ${volumeMl(e).toFixed(1)} mL`, x, y + 18, colour);
}

function paintCells(view: SliceView, of: Cells, colour: string): void {
  void painted.value;
  const { ctx, size } = view;
  const [nx, ny, nz] = of.shape;
  const origin = of.indexOf(view.toMm({ x: STEP_PX / 2, y: STEP_PX / 2 }));
  const right = of.indexOf(view.toMm({ x: STEP_PX * 1.5, y: STEP_PX / 2 })).map((v, a) => v - origin[a]!) as [number, number, number];
  const below = of.indexOf(view.toMm({ x: STEP_PX / 2, y: STEP_PX * 1.5 })).map((v, a) => v - origin[a]!) as [number, number, number];
  const columns = Math.ceil(size.width / STEP_PX);
  const rows = Math.ceil(size.height / STEP_PX);
  const filled = new Path2D();
  const edges = new Path2D();
  let above = new Uint8Array(columns);
  for (let row = 0; row < rows; row++) {
    const line = new Uint8Array(columns);
    let begun = -1;
    for (let column = 0; column <= columns; column++) {
      let inside = 0;
      if (column < columns) {
        const i = Math.round(origin[0] + column * right[0] + row * below[0]);
        const j = Math.round(origin[1] + column * right[1] + row * below[1]);
        const k = Math.round(origin[2] + column * right[2] + row * below[2]);
        if (i >= 0 && j >= 0 && k >= 0 && i < nx && j < ny && k < nz) inside = of.data[i + nx * (j + ny * k)]!;
        line[column] = inside;
        if (inside !== above[column]) edges.rect(column * STEP_PX, row * STEP_PX - 0.5, STEP_PX, 1);
      }
      if (inside && begun < 0) begun = column;
      if (!inside && begun >= 0) {
        filled.rect(begun * STEP_PX, row * STEP_PX, (column - begun) * STEP_PX, STEP_PX);
        edges.rect(begun * STEP_PX - 0.5, row * STEP_PX, 1, STEP_PX);
        edges.rect(column * STEP_PX - 0.5, row * STEP_PX, 1, STEP_PX);
        begun = -1;
      }
    }
    above = line;
  }
  ctx.fillStyle = colour;
  ctx.globalAlpha = 0.28;
  ctx.fill(filled);
  ctx.globalAlpha = 0.9;
  ctx.fill(edges);
  ctx.globalAlpha = 1;
}

function paintOutlines(view: SliceView, colour: string, under: Mm[] | null): void {
  const { ctx } = view;
  ctx.strokeStyle = colour;
  ctx.lineWidth = 2;
  for (const { points: drawn } of outlines.value)
    if (Math.abs(view.depth(drawn[0]!)) < 0.3 && Math.abs(view.depth(drawn[drawn.length >> 1]!)) < 0.3) {
      path(view, drawn, true);
      ctx.stroke();
    }
  if (under && Math.abs(view.depth(under[0]!)) < 0.3) {
    path(view, under, false);
    ctx.setLineDash([4, 3]);
    ctx.stroke();
    ctx.setLineDash([]);
  }
}

function paintPoints(view: SliceView, colour: string): void {
  const { ctx } = view;
  const drawn = points.value;
  ctx.strokeStyle = colour;
  if (tool.value === "line" && drawn.length > 1) {
    path(view, drawn, false);
    ctx.lineWidth = Math.max(2, 2 * radiusMm.value * view.pxPerMm);
    ctx.globalAlpha = 0.3;
    ctx.stroke();
    ctx.globalAlpha = 1;
    ctx.lineWidth = 2;
    ctx.stroke();
  }
  for (const at of drawn) {
    const out = Math.abs(view.depth(at));
    const { x, y } = view.toPx(at);
    ctx.globalAlpha = out < 2 ? 1 : 0.45;
    if (tool.value === "point" && radiusMm.value > out) {
      ctx.beginPath();
      ctx.arc(x, y, Math.sqrt(radiusMm.value ** 2 - out ** 2) * view.pxPerMm, 0, 2 * Math.PI);
      ctx.lineWidth = 1.5;
      ctx.stroke();
    }
    knob(view, at, colour, true);
  }
  ctx.globalAlpha = 1;
}

function path(view: SliceView, of: readonly Mm[], closed: boolean): void {
  view.ctx.beginPath();
  of.forEach((p, n) => {
    const { x, y } = view.toPx(p);
    if (n) view.ctx.lineTo(x, y);
    else view.ctx.moveTo(x, y);
  });
  if (closed) view.ctx.closePath();
}

function knob(view: SliceView, at: Mm, colour: string, filled: boolean): void {
  const { ctx } = view;
  const { x, y } = view.toPx(at);
  ctx.beginPath();
  ctx.arc(x, y, 5, 0, 2 * Math.PI);
  ctx.fillStyle = filled ? colour : "#000";
  ctx.fill();
  ctx.lineWidth = 1.5;
  ctx.strokeStyle = filled ? "#000" : colour;
  ctx.stroke();
  ctx.strokeStyle = colour;
}

function plus(view: SliceView, at: Mm, colour: string, half: number): void {
  const { ctx } = view;
  const { x, y } = view.toPx(at);
  ctx.strokeStyle = colour;
  ctx.lineWidth = 1.5;
  ctx.beginPath();
  ctx.moveTo(x - half, y);
  ctx.lineTo(x + half, y);
  ctx.moveTo(x, y - half);
  ctx.lineTo(x, y + half);
  ctx.stroke();
}

function words(view: SliceView, text: string, x: number, y: number, colour: string): void {
  const { ctx, size } = view;
  ctx.font = '600 13px "Segoe UI", "Helvetica Neue", Arial, "DejaVu Sans", sans-serif';
  ctx.textAlign = "left";
  ctx.textBaseline = "alphabetic";
  const wide = ctx.measureText(text).width;
  const left = Math.min(Math.max(4, x - wide / 2), size.width - wide - 4);
  const base = Math.min(y, size.height - 6);
  ctx.fillStyle = "rgb(0 0 0 / 65%)";
  ctx.fillRect(left - 4, base - 13, wide + 8, 18);
  ctx.fillStyle = colour;
  ctx.fillText(text, left, base);
}
