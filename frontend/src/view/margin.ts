/** How far the 0 °C surface lies outside the target, painted on the target's outline. */
import { type Box, type Mm, valueAt } from "../api/box";

/** Bounds and colours of the margin map in `reporting/figures_margin.py`. */
export const MARGIN_STEPS: { below: number; colour: string; words: string }[] = [
  { below: 0, colour: "#d55e00", words: "below 0 mm" },
  { below: 3, colour: "#e69f00", words: "0 to 3 mm" },
  { below: 5, colour: "#f0e442", words: "3 to 5 mm" },
  { below: 10, colour: "#56b4e9", words: "5 to 10 mm" },
  { below: Infinity, colour: "#0072b2", words: "10 mm and more" },
];
export const NOT_ASSESSABLE = "#b8b8b8";

export function marginColour(margin_mm: number): string {
  if (Number.isNaN(margin_mm)) return NOT_ASSESSABLE;
  return MARGIN_STEPS.find((step) => margin_mm < step.below)!.colour;
}

/** Farther than this is told as this far. */
export const FARTHEST_MM = 12;
const CELL_MM = 4;

/** Points of a level's surface, kept by where they lie so that the nearest one is found at once. */
export interface LevelSurface {
  box: Box;
  level: number;
  low: Mm;
  count: [number, number, number];
  starts: Int32Array;
  points: Float32Array;
}

/** The level's surface within a region: the points where it crosses lines between neighbouring cells of the box. */
export function levelSurface(box: Box, level: number, low: Mm, high: Mm): LevelSurface {
  const found = crossings(box, level, low, high);
  const count = [0, 1, 2].map((a) => Math.max(1, Math.ceil((high[a]! - low[a]!) / CELL_MM))) as [number, number, number];
  const place = (n: number) => {
    const at = [0, 1, 2].map((a) => {
      const cell = Math.floor((found[3 * n + a]! - low[a]!) / CELL_MM);
      return Math.min(count[a]! - 1, Math.max(0, cell));
    }) as [number, number, number];
    return at[0] + count[0] * (at[1] + count[1] * at[2]);
  };
  const many = found.length / 3;
  const starts = new Int32Array(count[0] * count[1] * count[2] + 1);
  const places = Int32Array.from({ length: many }, (_, n) => place(n));
  for (const at of places) starts[at + 1]!++;
  for (let n = 1; n < starts.length; n++) starts[n]! += starts[n - 1]!;
  const free = starts.slice();
  const points = new Float32Array(found.length);
  for (let n = 0; n < many; n++) {
    const to = free[places[n]!]!++;
    for (let a = 0; a < 3; a++) points[3 * to + a] = found[3 * n + a]!;
  }
  return { box, level, low, count, starts, points };
}

function crossings(box: Box, level: number, low: Mm, high: Mm): number[] {
  const [nx, ny, nz] = box.header.shape;
  const { affine, scale, offset } = box.header;
  const target = (level - offset) / scale;
  const [from, to] = indexRange(box, low, high);
  const found: number[] = [];
  const strides = [1, nx, nx * ny];
  const shape = [nx, ny, nz];
  const raw = box.raw;
  for (let k = from[2]; k <= to[2]; k++)
    for (let j = from[1]; j <= to[1]; j++) {
      const row = nx * (j + ny * k);
      for (let i = from[0]; i <= to[0]; i++) {
        const a = raw[row + i]!;
        const inside = a <= target;
        const index = [i, j, k];
        for (let axis = 0; axis < 3; axis++) {
          if (index[axis]! + 1 >= shape[axis]!) continue;
          const b = raw[row + i + strides[axis]!]!;
          if (inside === b <= target) continue;
          const share = (target - a) / (b - a);
          for (let n = 0; n < 3; n++) {
            const r = affine[n]!;
            found.push(r[0] * i + r[1] * j + r[2] * k + r[3] + r[axis as 0 | 1 | 2] * share);
          }
        }
      }
    }
  return found;
}

/** Indices of the cells that a region in mm reaches. */
function indexRange(box: Box, low: Mm, high: Mm): [Mm, Mm] {
  const from = [Infinity, Infinity, Infinity];
  const to = [-Infinity, -Infinity, -Infinity];
  for (const x of [low[0], high[0]])
    for (const y of [low[1], high[1]])
      for (const z of [low[2], high[2]])
        box.toIndex.forEach((r, axis) => {
          const at = r[0] * x + r[1] * y + r[2] * z + r[3];
          from[axis] = Math.min(from[axis]!, at);
          to[axis] = Math.max(to[axis]!, at);
        });
  const shape = box.header.shape;
  return [
    from.map((v) => Math.max(0, Math.floor(v))) as unknown as Mm,
    to.map((v, a) => Math.min(shape[a]! - 1, Math.ceil(v))) as unknown as Mm,
  ];
}

/** Signed distance from a point to the surface, mm: positive inside the cold; at most FARTHEST_MM; NaN outside the box. */
export function marginAt(surface: LevelSurface, at: Mm): number {
  const value = valueAt(surface.box, at);
  if (Number.isNaN(value)) return NaN;
  const sign = value <= surface.level ? 1 : -1;
  const { low, count, starts, points } = surface;
  const cell = at.map((v, a) => Math.floor((v - low[a]!) / CELL_MM)) as unknown as Mm;
  const reach = Math.ceil(FARTHEST_MM / CELL_MM);
  let best = FARTHEST_MM * FARTHEST_MM;
  for (let ring = 0; ring <= reach; ring++) {
    // Nothing in this ring or beyond can be nearer.
    if (ring > 1 && best <= ((ring - 1) * CELL_MM) ** 2) break;
    for (let k = cell[2] - ring; k <= cell[2] + ring; k++) {
      if (k < 0 || k >= count[2]) continue;
      for (let j = cell[1] - ring; j <= cell[1] + ring; j++) {
        if (j < 0 || j >= count[1]) continue;
        const shell = Math.abs(k - cell[2]) === ring || Math.abs(j - cell[1]) === ring;
        for (let i = cell[0] - ring; i <= cell[0] + ring; i += shell || ring === 0 ? 1 : 2 * ring) {
          if (i < 0 || i >= count[0]) continue;
          const place = i + count[0] * (j + count[1] * k);
          for (let n = starts[place]!; n < starts[place + 1]!; n++) {
            const dx = points[3 * n]! - at[0];
            const dy = points[3 * n + 1]! - at[1];
            const dz = points[3 * n + 2]! - at[2];
            best = Math.min(best, dx * dx + dy * dy + dz * dz);
          }
        }
      }
    }
  }
  return sign * Math.sqrt(best);
}
