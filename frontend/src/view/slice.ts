/** Boxes of numbers resampled onto planes, and greys made of the numbers. */
import type { Box, Mm } from "../api/box";
import { type Plane, normal } from "./plane";
import { dot } from "./vector";

/** Samples on a plane: rows of `width` values, the first at `u0`, `v0`, `stepU` mm apart to the right, `stepV` down.
 *
 * u and v are a point's products with the plane's `right` and `down`: they do not change when the view is moved.
 */
export interface Raster {
  width: number;
  height: number;
  u0: number;
  v0: number;
  stepU: number;
  stepV: number;
}

/** Values on a plane; NaN outside the box. */
export interface Sheet extends Raster {
  values: Float32Array;
}

/** How far the plane lies along its own normal. */
export const depthOf = (plane: Plane): number => dot(plane.centre, normal(plane));

/** Lowest and highest u and v of a rectangle on a plane. */
export interface Rectangle {
  u0: number;
  u1: number;
  v0: number;
  v1: number;
}

/** The part of a plane that a box can reach: the shadow of its corners. */
export function shadow(box: Box, plane: Plane): Rectangle {
  const [x, y, z] = box.header.shape;
  const { affine } = box.header;
  const found: Rectangle = { u0: Infinity, u1: -Infinity, v0: Infinity, v1: -Infinity };
  for (const i of [-0.5, x - 0.5])
    for (const j of [-0.5, y - 0.5])
      for (const k of [-0.5, z - 0.5]) {
        const at = affine.slice(0, 3).map((r) => r[0] * i + r[1] * j + r[2] * k + r[3]) as [number, number, number];
        const [u, v] = [dot(at, plane.right), dot(at, plane.down)];
        found.u0 = Math.min(found.u0, u);
        found.u1 = Math.max(found.u1, u);
        found.v0 = Math.min(found.v0, v);
        found.v1 = Math.max(found.v1, v);
      }
  return found;
}

/** Whether the plane at its depth meets the box at all. */
export function meets(box: Box, plane: Plane): boolean {
  const [x, y, z] = box.header.shape;
  const out = normal(plane);
  const depth = depthOf(plane);
  const { affine } = box.header;
  let [low, high] = [Infinity, -Infinity];
  for (const i of [-0.5, x - 0.5])
    for (const j of [-0.5, y - 0.5])
      for (const k of [-0.5, z - 0.5]) {
        const along = affine
          .slice(0, 3)
          .reduce((sum, r, axis) => sum + out[axis]! * (r[0] * i + r[1] * j + r[2] * k + r[3]), 0);
        low = Math.min(low, along);
        high = Math.max(high, along);
      }
  return low <= depth && depth <= high;
}

export const overlap = (a: Rectangle, b: Rectangle): Rectangle | null => {
  const both = {
    u0: Math.max(a.u0, b.u0),
    u1: Math.min(a.u1, b.u1),
    v0: Math.max(a.v0, b.v0),
    v1: Math.min(a.v1, b.v1),
  };
  return both.u1 > both.u0 && both.v1 > both.v0 ? both : null;
};

/** Edge lengths of a box's cells in mm. */
export const cellMm = (box: Box): Mm =>
  [0, 1, 2].map((axis) => Math.hypot(...box.header.affine.slice(0, 3).map((r) => r[axis]!))) as unknown as Mm;

/** A raster that covers a rectangle with samples at most `step` mm apart, on a lattice fixed in space. */
export function rasterOf(area: Rectangle, step: number): Raster {
  const u0 = Math.floor(area.u0 / step) * step;
  const v0 = Math.floor(area.v0 / step) * step;
  return {
    u0,
    v0,
    stepU: step,
    stepV: step,
    width: Math.max(2, Math.ceil((area.u1 - u0) / step) + 1),
    height: Math.max(2, Math.ceil((area.v1 - v0) / step) + 1),
  };
}

/** The whole of a slice that runs along the box's own axes, one sample a cell; null where the plane is oblique. */
export function ownRaster(box: Box, plane: Plane): Raster | null {
  const alongU = loneAxis(box, plane.right);
  const alongV = loneAxis(box, plane.down);
  if (alongU === null || alongV === null || alongU === alongV) return null;
  const area = shadow(box, plane);
  const cell = cellMm(box);
  const [stepU, stepV] = [cell[alongU]!, cell[alongV]!];
  const [width, height] = [box.header.shape[alongU]!, box.header.shape[alongV]!];
  return { u0: area.u0 + stepU / 2, v0: area.v0 + stepV / 2, stepU, stepV, width, height };
}

function loneAxis(box: Box, direction: Mm): number | null {
  const steps = box.toIndex.map((r) => Math.abs(r[0] * direction[0] + r[1] * direction[1] + r[2] * direction[2]));
  const most = Math.max(...steps);
  return steps.filter((s) => s > most * 1e-5).length === 1 ? steps.indexOf(most) : null;
}

/** A box's values on a plane, linear between cells (or the nearest cell's); NaN outside the box. */
export function sample(box: Box, plane: Plane, raster: Raster, smooth = true): Sheet {
  const { width, height, u0, v0, stepU, stepV } = raster;
  const out = normal(plane);
  const depth = depthOf(plane);
  // Index of the first sample, and its steps to the right and down.
  const first: number[] = [];
  const right: number[] = [];
  const down: number[] = [];
  for (const [a, b, c, d] of box.toIndex) {
    const of = (m: Mm) => a * m[0] + b * m[1] + c * m[2];
    first.push(of(plane.right) * u0 + of(plane.down) * v0 + of(out) * depth + d);
    right.push(settled(of(plane.right) * stepU));
    down.push(settled(of(plane.down) * stepV));
  }
  const values = new Float32Array(width * height);
  values.fill(NaN);
  for (let row = 0; row < height; row++) {
    const start = first.map((f, axis) => f + down[axis]! * row) as [number, number, number];
    const [from, to] = within(start, right, box.header.shape, width);
    if (from > to) continue;
    const line = values.subarray(row * width + from, row * width + to + 1);
    const at = start.map((s, axis) => s + right[axis]! * from) as [number, number, number];
    if (smooth) linearRow(box, at, right as unknown as Mm, line);
    else nearestRow(box, at, right as unknown as Mm, line);
  }
  return { ...raster, values };
}

/** A step that rounding alone keeps from being a whole number or zero is one. */
const settled = (step: number): number => (Math.abs(step - Math.round(step)) < 1e-9 ? Math.round(step) : step);

/** The samples of a row that lie in the box, first and last. */
function within(start: Mm, step: number[], shape: Mm, width: number): [number, number] {
  let [from, to] = [0, width - 1];
  for (let axis = 0; axis < 3; axis++) {
    const [s, d, low, high] = [start[axis]!, step[axis]!, -0.5 - 1e-6, shape[axis]! - 0.5 + 1e-6];
    if (d === 0) {
      if (s < low || s > high) return [1, 0];
    } else {
      const [a, b] = [(low - s) / d, (high - s) / d];
      from = Math.max(from, Math.ceil(Math.min(a, b)));
      to = Math.min(to, Math.floor(Math.max(a, b)));
    }
  }
  return [from, to];
}

function linearRow(box: Box, at: Mm, step: Mm, line: Float32Array): void {
  const raw = box.raw;
  const { scale, offset } = box.header;
  const [nx, ny, nz] = box.header.shape;
  let [i, j, k] = at;
  const [di, dj, dk] = step;
  const [mi, mj, mk] = [nx - 1, ny - 1, nz - 1];
  const [li, lj, lk] = [Math.max(0, nx - 2), Math.max(0, ny - 2), Math.max(0, nz - 2)];
  const si = nx > 1 ? 1 : 0;
  const sj = ny > 1 ? nx : 0;
  const sk = nz > 1 ? nx * ny : 0;
  const n = line.length;
  for (let x = 0; x < n; x++) {
    const ci = i < 0 ? 0 : i > mi ? mi : i;
    const cj = j < 0 ? 0 : j > mj ? mj : j;
    const ck = k < 0 ? 0 : k > mk ? mk : k;
    const i0 = ci > li ? li : ci | 0;
    const j0 = cj > lj ? lj : cj | 0;
    const k0 = ck > lk ? lk : ck | 0;
    const fi = ci - i0;
    const fj = cj - j0;
    const fk = ck - k0;
    const p = i0 + nx * (j0 + ny * k0);
    let value: number;
    if (fi === 0 && fj === 0) {
      // Along the box's own columns only neighbouring slices mix.
      value = raw[p]!;
      if (fk !== 0) value += (raw[p + sk]! - value) * fk;
    } else {
      const q = p + sk;
      const a = raw[p]! + (raw[p + si]! - raw[p]!) * fi;
      const b = raw[p + sj]! + (raw[p + sj + si]! - raw[p + sj]!) * fi;
      const c = raw[q]! + (raw[q + si]! - raw[q]!) * fi;
      const d = raw[q + sj]! + (raw[q + sj + si]! - raw[q + sj]!) * fi;
      const low = a + (b - a) * fj;
      const high = c + (d - c) * fj;
      value = low + (high - low) * fk;
    }
    line[x] = value * scale + offset;
    i += di;
    j += dj;
    k += dk;
  }
}

function nearestRow(box: Box, at: Mm, step: Mm, line: Float32Array): void {
  const raw = box.raw;
  const { scale, offset } = box.header;
  const [nx, ny, nz] = box.header.shape;
  for (let x = 0; x < line.length; x++) {
    const i = Math.min(nx - 1, Math.max(0, Math.round(at[0] + step[0] * x)));
    const j = Math.min(ny - 1, Math.max(0, Math.round(at[1] + step[1] * x)));
    const k = Math.min(nz - 1, Math.max(0, Math.round(at[2] + step[2] * x)));
    line[x] = raw[i + nx * (j + ny * k)]! * scale + offset;
  }
}

/** Greys of a window, opaque; see-through outside the image. `out` holds one RGBA pixel per value. */
export function greys(values: Float32Array, low: number, high: number, out: Uint32Array): void {
  const gain = 255 / Math.max(high - low, 1e-6);
  for (let n = 0; n < values.length; n++) {
    const value = values[n]!;
    out[n] = value === value ? GREY[value <= low ? 0 : value >= high ? 255 : ((value - low) * gain) | 0]! : 0;
  }
}

const GREY = Uint32Array.from({ length: 256 }, (_, grey) => (0xff000000 | (grey * 0x010101)) >>> 0);

/** Values below which so many percent of a box's numbers lie, from a sparse part of them. */
export function percentiles(box: Box, percent: number[]): number[] {
  const every = Math.max(1, Math.floor(box.raw.length / 60_000));
  const part: number[] = [];
  for (let n = 0; n < box.raw.length; n += every) if (Number.isFinite(box.raw[n]!)) part.push(box.raw[n]!);
  part.sort((a, b) => a - b);
  return percent.map((p) => {
    const at = Math.round((p / 100) * (part.length - 1));
    return (part[at] ?? 0) * box.header.scale + box.header.offset;
  });
}
