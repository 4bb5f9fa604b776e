/** All that lies on a slice's image: outlines, margin, isotherms, needles, cross, scale. What costs is kept until it
 * changes: lines are found anew only for another plane or other numbers. */
import { type Box, type Mm } from "../api/box";
import type { Needle } from "../api/types";
import type { Cold } from "../state/desk";
import { ISOTHERMS, token } from "./colours";
import { type Line, contours, trace } from "./contours";
import { FONT, Labels, haloed, written } from "./labels";
import { type Layer, type Px, type SliceView } from "./layers";
import { FARTHEST_MM, type LevelSurface, levelSurface, marginAt, marginColour } from "./margin";
import { paintLying, paintNeedle, paintPlanned } from "./needles";
import { type Plane, normal } from "./plane";
import { type Rectangle, cellMm, depthOf, meets, overlap, rasterOf, sample, shadow } from "./slice";
import { add, dot, times } from "./vector";

export interface Outline {
  key: string;
  name: string;
  /** Words behind its name: how it stands to its limits. */
  said: string;
  box: Box;
  colour: string;
  target: boolean;
}

/** What there is to paint. */
export interface Scene {
  cold: Cold | null;
  outlines: Outline[];
  /** Ice that was seen: solid, in the colour of 0 °C. */
  ice: { key: string; words: string; box: Box }[];
  needles: { needle: Needle; zone: [Mm, Mm] | null }[];
  /** Needles AS PLACED: solid, beside the planned ones, which are dashed then. */
  lying: { needle: Needle; zone: [Mm, Mm]; set: boolean }[];
  chosen: number | null;
  cross: Mm | null;
  layers: readonly Layer[];
}

/** Where a plane lies and how it is turned, as a word: views of one plane that differ only by pan and zoom share it. */
export function section(plane: Plane): string {
  return [...plane.right, ...plane.down, depthOf(plane)].map((v) => v.toFixed(4)).join(" ");
}

const ISOTHERM_STEP_MM = 1;
/** Lines are found for the part of the plane that is seen, in tiles of this size: small pans find nothing anew. */
const TILE_MM = 40;

function visible({ plane, pxPerMm, size }: SliceView): Rectangle {
  const [u, v] = [dot(plane.centre, plane.right), dot(plane.centre, plane.down)];
  const [halfU, halfV] = [size.width / 2 / pxPerMm, size.height / 2 / pxPerMm];
  const low = (at: number) => Math.floor(at / TILE_MM) * TILE_MM;
  const high = (at: number) => Math.ceil(at / TILE_MM) * TILE_MM;
  return { u0: low(u - halfU), u1: high(u + halfU), v0: low(v - halfV), v1: high(v + halfV) };
}

export class Overlay {
  private lines = new Map<string, { box: Box; section: string; lines: Line[] }>();
  private surface: LevelSurface | null = null;

  paint(view: SliceView, scene: Scene): void {
    const { ctx, size } = view;
    ctx.clearRect(0, 0, size.width, size.height);
    const labels = new Labels(ctx, size);
    for (const { needle } of scene.needles) {
      labels.reserve(view.toPx(needle.tip_mm), 22, 22);
      labels.reserve(view.toPx(needle.entry_mm), 22, 22);
    }
    const seen = visible(view);
    const where = `${section(view.plane)} ${Object.values(seen).join(" ")}`;
    const used = new Set<string>();
    const find = (key: string, box: Box, level: number, step: number): Line[] => {
      used.add(key);
      const known = this.lines.get(key);
      if (known && known.box === box && known.section === where) return known.lines;
      const area = meets(box, view.plane) ? overlap(shadow(box, view.plane), seen) : null;
      const lines = area ? contours(sample(box, view.plane, rasterOf(area, step)), level) : [];
      this.lines.set(key, { box, section: where, lines });
      return lines;
    };
    for (const outline of scene.outlines) {
      // The outside is what is below the level: occupancy runs from 0 to 1.
      const lines = find(outline.key, outline.box, 0.5, Math.min(1, Math.max(0.4, Math.min(...cellMm(outline.box)))));
      if (!lines.length) continue;
      // The margin is that of the coldest ever, not of a moment.
      if (outline.target && scene.cold?.time_s === null) this.paintMargin(view, lines, scene.cold.box, outline.box);
      const path = pathOf(view, lines);
      haloed(ctx, path, outline.colour, outline.target ? 1.6 : 1.1);
      const name = shortName(outline.name, outline.target);
      labels.write(outline.said ? `${name}: ${outline.said}` : name, namePlaces(view, lines), outline.colour);
    }
    const cold = scene.cold?.box;
    if (cold)
      ISOTHERMS.forEach((isotherm, n) => {
        const lines = find(`isotherm ${isotherm.celsius}`, cold, isotherm.celsius, ISOTHERM_STEP_MM);
        if (!lines.length) return;
        haloed(ctx, pathOf(view, lines), token(isotherm.token), 1.7, isotherm.dash);
        labels.write(isotherm.words, isothermPlaces(view, lines, n), token(isotherm.token));
      });
    for (const { key, words, box } of scene.ice) {
      const lines = find(key, box, 0.5, Math.min(1, Math.max(0.4, Math.min(...cellMm(box)))));
      if (!lines.length) continue;
      haloed(ctx, pathOf(view, lines), token("isotherm-0"), 2);
      labels.write(words, namePlaces(view, lines), token("isotherm-0"));
    }
    for (const key of this.lines.keys()) if (!used.has(key)) this.lines.delete(key);
    const order = scene.needles.map((_, n) => n).sort((a, b) => +(a === scene.chosen) - +(b === scene.chosen));
    for (const n of order)
      if (scene.lying.length) paintPlanned(view, scene.needles[n]!.needle, n === scene.chosen);
      else paintNeedle(view, labels, scene.needles[n]!.needle, scene.needles[n]!.zone, n + 1, n === scene.chosen);
    scene.lying.forEach(({ needle, zone, set }, n) => paintLying(view, labels, needle, zone, n + 1, set));
    if (scene.cross) paintCross(view, scene.cross);
    paintScale(view);
    for (const layer of scene.layers) {
      ctx.save();
      layer.paint(view);
      ctx.restore();
    }
  }

  /** The band along the target's outline: how far 0 °C lies outside it there. */
  private paintMargin(view: SliceView, lines: Line[], cold: Box, target: Box): void {
    if (this.surface?.box !== cold) {
      const [low, high] = around(target, FARTHEST_MM);
      this.surface = levelSurface(cold, 0, low, high);
    }
    const { plane, ctx } = view;
    const base = times(normal(plane), depthOf(plane));
    ctx.lineWidth = 6;
    ctx.lineCap = "butt";
    ctx.globalAlpha = 0.9;
    for (const { points, closed } of lines) {
      const count = points.length / 2;
      let path: Path2D | null = null;
      let colour = "";
      const flush = () => {
        if (!path) return;
        ctx.strokeStyle = colour;
        ctx.stroke(path);
      };
      // A step of about 1.5 mm; the band changes its colour between two of them.
      const stride = Math.max(1, Math.round(1.5 / Math.max(0.2, spacing(points))));
      let last = toPx(view, points[0]!, points[1]!);
      for (let n = stride; n < count + (closed ? stride : 0); n += stride) {
        const m = n >= count ? (closed ? 0 : count - 1) : n;
        const [u, v] = [points[2 * m]!, points[2 * m + 1]!];
        const now = toPx(view, u, v);
        const at = add(base, add(times(plane.right, u), times(plane.down, v)));
        const next = marginColour(marginAt(this.surface, at));
        if (next !== colour || !path) {
          flush();
          colour = next;
          path = new Path2D();
          path.moveTo(last.x, last.y);
        }
        path.lineTo(now.x, now.y);
        last = now;
      }
      flush();
    }
    ctx.globalAlpha = 1;
  }
}

const spacing = (points: Float32Array): number =>
  points.length < 4 ? 1 : Math.hypot(points[2]! - points[0]!, points[3]! - points[1]!);

export function toPx(view: SliceView, u: number, v: number): Px {
  const { plane, pxPerMm, size } = view;
  return {
    x: (u - dot(plane.centre, plane.right)) * pxPerMm + size.width / 2,
    y: (v - dot(plane.centre, plane.down)) * pxPerMm + size.height / 2,
  };
}

export function pathOf(view: SliceView, lines: Line[]): Path2D {
  const { plane, pxPerMm, size } = view;
  const [u0, v0] = [dot(plane.centre, plane.right), dot(plane.centre, plane.down)];
  const path = new Path2D();
  trace(
    path,
    lines,
    (u) => (u - u0) * pxPerMm + size.width / 2,
    (v) => (v - v0) * pxPerMm + size.height / 2,
  );
  return path;
}

/** The box's extent in mm, and some more on all sides. */
function around(box: Box, more: number): [Mm, Mm] {
  const [x, y, z] = box.header.shape;
  const corners = [0, x - 1].flatMap((i) =>
    [0, y - 1].flatMap((j) =>
      [0, z - 1].map((k) => box.header.affine.slice(0, 3).map((r) => r[0] * i + r[1] * j + r[2] * k + r[3])),
    ),
  );
  const side = (pick: (...v: number[]) => number, by: number) =>
    [0, 1, 2].map((a) => pick(...corners.map((c) => c[a]!)) + by) as unknown as Mm;
  return [side(Math.min, -more), side(Math.max, more)];
}

const longest = (lines: Line[]): Line => lines.reduce((a, b) => (b.points.length > a.points.length ? b : a));

/** Places for an outline's name: outside its upper, left, right and lower end. */
function namePlaces(view: SliceView, lines: Line[]): Px[] {
  const { points } = longest(lines);
  const ends = { top: 0, bottom: 0, left: 0, right: 0 };
  for (let n = 0; n < points.length; n += 2) {
    if (points[n + 1]! < points[ends.top + 1]!) ends.top = n;
    if (points[n + 1]! > points[ends.bottom + 1]!) ends.bottom = n;
    if (points[n]! < points[ends.left]!) ends.left = n;
    if (points[n]! > points[ends.right]!) ends.right = n;
  }
  const at = (n: number) => toPx(view, points[n]!, points[n + 1]!);
  const middle = { x: (at(ends.left).x + at(ends.right).x) / 2, y: (at(ends.top).y + at(ends.bottom).y) / 2 };
  const wide = at(ends.right).x - at(ends.left).x;
  return [
    ...(wide > 150 ? [middle, { x: middle.x, y: middle.y + 26 }] : []),
    { x: at(ends.top).x, y: at(ends.top).y - 11 },
    { x: at(ends.bottom).x, y: at(ends.bottom).y + 12 },
    { x: at(ends.right).x + 34, y: at(ends.right).y },
    { x: at(ends.left).x - 34, y: at(ends.left).y },
    middle,
  ];
}

/** Places on an isotherm for its label: each isotherm begins at another angle, so that the three stand apart. */
function isothermPlaces(view: SliceView, lines: Line[], n: number): Px[] {
  const { points } = longest(lines);
  return [0, 50, 100, 150, 200, 250, 300].map((turn) => {
    const angle = ((-70 + 45 * n + turn) * Math.PI) / 180;
    const [c, s] = [Math.cos(angle), Math.sin(angle)];
    let best = 0;
    for (let m = 0; m < points.length; m += 2)
      if (points[m]! * c + points[m + 1]! * s > points[best]! * c + points[best + 1]! * s) best = m;
    const at = toPx(view, points[best]!, points[best + 1]!);
    return { x: at.x + c * 20, y: at.y + s * 12 };
  });
}

function shortName(name: string, target: boolean): string {
  const words = name.replaceAll("_", " ");
  const short = words.length > 24 ? `${words.slice(0, 23)}…` : words;
  return target && name !== "tumour" ? `${short} (target)` : short;
}

function paintCross(view: SliceView, at: Mm): void {
  const { ctx, size } = view;
  const { x, y } = view.toPx(at);
  const gap = 16;
  const path = new Path2D();
  for (const [x0, y0, x1, y1] of [
    [0, y, x - gap, y],
    [x + gap, y, size.width, y],
    [x, 0, x, y - gap],
    [x, y + gap, x, size.height],
  ] as const) {
    path.moveTo(x0, y0);
    path.lineTo(x1, y1);
  }
  ctx.globalAlpha = 0.38;
  ctx.strokeStyle = "#ffffff";
  ctx.lineWidth = 1;
  ctx.stroke(path);
  ctx.globalAlpha = 1;
}

/** A bar of a round length, at most a third of the view. */
function paintScale(view: SliceView): void {
  const { ctx, size, pxPerMm } = view;
  const length = [100, 50, 20, 10, 5, 2, 1].find((mm) => mm * pxPerMm <= Math.min(150, size.width / 3)) ?? 1;
  const [right, y] = [size.width - 14, size.height - 14];
  const left = right - length * pxPerMm;
  const path = new Path2D();
  path.moveTo(left, y - 4);
  path.lineTo(left, y);
  path.lineTo(right, y);
  path.lineTo(right, y - 4);
  haloed(ctx, path, "#ffffff", 1.6);
  ctx.font = `600 11px ${FONT}`;
  const words = length >= 10 ? `${length / 10} cm` : `${length} mm`;
  written(ctx, words, { x: (left + right) / 2, y: y - 11 }, "#ffffff", ctx.measureText(words).width);
}
