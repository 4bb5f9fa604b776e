/** An ellipsoid along the patient's axes, drawn by dragging its diameters: pure geometry, LPS mm. */
import type { Mm } from "../api/box";
import { type Plane, normal, project } from "../view/plane";
import { dot } from "../view/vector";

export interface Ellipsoid {
  centre: Mm;
  /** Full diameters along x (left), y (back), z (head). */
  diameters: Mm;
  /** Which of them a person has dragged; the others follow the first one. */
  given: readonly [boolean, boolean, boolean];
}

export const AXES: readonly Mm[] = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
];
export const LEAST_MM = 2;
export const MOST_MM = 300;
/** An axis whose share out of the plane is larger than this has no handle there. */
const IN_PLANE = 0.6;

export const volumeMl = ({ diameters: [a, b, c] }: Ellipsoid): number => (Math.PI / 6) * a * b * c * 1e-3;

/** The ellipsoid after one more diameter was dragged from `from` to `to` on a plane. */
export function withDiameter(before: Ellipsoid | null, from: Mm, to: Mm, plane: Plane): Ellipsoid {
  const along: Mm = [to[0] - from[0], to[1] - from[1], to[2] - from[2]];
  const length = clamp(Math.hypot(...along));
  const middle: Mm = [(from[0] + to[0]) / 2, (from[1] + to[1]) / 2, (from[2] + to[2]) / 2];
  const out = normal(plane);
  const axis = ranked(along, out, before)[0]!;
  if (!before) return { centre: middle, diameters: [length, length, length], given: only(axis) };
  const diameters = [...before.diameters] as [number, number, number];
  const given = [...before.given] as [boolean, boolean, boolean];
  const centre = [...before.centre] as [number, number, number];
  diameters[axis] = length;
  given[axis] = true;
  centre[axis] = middle[axis]!;
  return { centre, diameters, given };
}

/** The axes in the order in which a drag may mean them: along it first; of two near its angle the one not given yet. */
function ranked(along: Mm, out: Mm, before: Ellipsoid | null): number[] {
  const length = Math.hypot(...along) || 1;
  const score = (axis: number): number => {
    if (Math.abs(out[axis]!) > IN_PLANE) return -1;
    return Math.abs(along[axis]!) / length + (before && !before.given[axis] ? 0.25 : 0);
  };
  return [0, 1, 2].sort((a, b) => score(b) - score(a));
}

const only = (axis: number): [boolean, boolean, boolean] => [axis === 0, axis === 1, axis === 2];
const clamp = (mm: number): number => Math.min(MOST_MM, Math.max(LEAST_MM, mm));

export type Handle = { kind: "centre" } | { kind: "end"; axis: 0 | 1 | 2; side: 1 | -1 };

/** The handles that lie near a plane, and where. */
export function handles(of: Ellipsoid, plane: Plane): { handle: Handle; at: Mm }[] {
  if (!outline(of, plane, 8).length) return [];
  const out = normal(plane);
  const found: { handle: Handle; at: Mm }[] = [{ handle: { kind: "centre" }, at: of.centre }];
  for (const axis of [0, 1, 2] as const)
    if (Math.abs(out[axis]!) <= IN_PLANE)
      for (const side of [1, -1] as const) {
        const at = [...of.centre] as [number, number, number];
        at[axis] += (side * of.diameters[axis]!) / 2;
        found.push({ handle: { kind: "end", axis, side }, at });
      }
  return found;
}

/** The ellipsoid after a handle was dragged by so many mm: an end moves alone, the centre moves all. */
export function moved(before: Ellipsoid, handle: Handle, by: Mm): Ellipsoid {
  const centre = [...before.centre] as [number, number, number];
  if (handle.kind === "centre") return { ...before, centre: [centre[0] + by[0], centre[1] + by[1], centre[2] + by[2]] };
  const { axis, side } = handle;
  const wanted = clamp(before.diameters[axis]! + side * by[axis]!);
  const diameters = [...before.diameters] as [number, number, number];
  centre[axis] += (side * (wanted - diameters[axis]!)) / 2;
  diameters[axis] = wanted;
  const given = [...before.given] as [boolean, boolean, boolean];
  given[axis] = true;
  return { centre, diameters, given };
}

/** The outline on a plane as points (mm); empty where the plane misses it. */
export function outline(of: Ellipsoid, plane: Plane, count = 72): Mm[] {
  const scale = (v: Mm): Mm => [(2 * v[0]) / of.diameters[0], (2 * v[1]) / of.diameters[1], (2 * v[2]) / of.diameters[2]];
  // In the plane's own mm (u, v): |w + u a + v b| = 1, an ellipse.
  const c = plane.centre;
  const w = scale([c[0] - of.centre[0], c[1] - of.centre[1], c[2] - of.centre[2]]);
  const a = scale(plane.right);
  const b = scale(plane.down);
  const [aa, ab, bb, aw, bw] = [dot(a, a), dot(a, b), dot(b, b), dot(a, w), dot(b, w)];
  const det = aa * bb - ab * ab;
  const u0 = (-bb * aw + ab * bw) / det;
  const v0 = (ab * aw - aa * bw) / det;
  const left = 1 - dot(w, w) - u0 * aw - v0 * bw;
  if (left <= 0) return [];
  const size = Math.sqrt(left);
  const l11 = Math.sqrt(aa);
  const l21 = ab / l11;
  const l22 = Math.sqrt(bb - l21 * l21);
  return Array.from({ length: count }, (_, n) => {
    const t = (2 * Math.PI * n) / count;
    const v = (size * Math.sin(t)) / l22;
    const u = (size * Math.cos(t) - l21 * v) / l11;
    const [x, y] = [u0 + u, v0 + v];
    return [0, 1, 2].map((r) => c[r]! + x * plane.right[r]! + y * plane.down[r]!) as unknown as Mm;
  });
}

/** How far a point lies from a plane, mm. */
export const depth = (plane: Plane, at: Mm): number => Math.abs(project(plane, at)[2]);
