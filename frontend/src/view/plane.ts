/** Planes through the patient (LPS mm) and how they stand on the screen; the same planes as `reporting/planes.py`. */
import type { Mm } from "../api/box";
import { add, between, dot, minus, norm, outer, times, unit } from "./vector";

/** A plane: unit vectors `right` and `down`, orthogonal, run to screen right and screen bottom. */
export interface Plane {
  name: string;
  centre: Mm;
  right: Mm;
  down: Mm;
}

export type Kind = "axial" | "coronal" | "sagittal";

export const LEFT: Mm = [1, 0, 0];
export const POSTERIOR: Mm = [0, 1, 0];
export const HEAD: Mm = [0, 0, 1];
/** Up to this cosine with the long axis (30 degrees of tilt) the view that people know best, the axial one, is kept. */
const STEEPEST_FOR_AXIAL = 0.5;
/** A direction is named at an edge when it makes up this much of the edge's direction. */
const NAMED = 0.35;
/** The screen is turned to gravity where at least this much of gravity lies in the plane. */
const GRAVITY_IN_PLANE = 0.3;

const AXES: Record<Kind, [Mm, Mm]> = {
  axial: [LEFT, POSTERIOR],
  coronal: [LEFT, times(HEAD, -1)],
  sagittal: [POSTERIOR, times(HEAD, -1)],
};

/** Along the patient's axes; radiological: patient right on screen left. */
export const patientPlane = (kind: Kind, centre: Mm): Plane => ({
  name: kind,
  centre,
  right: AXES[kind][0],
  down: AXES[kind][1],
});

export const normal = (plane: Plane): Mm => outer(plane.right, plane.down);

/** The plane nearest to axial (else coronal, sagittal) that holds a needle's whole shaft; null without a length. */
export function shaftPlane(entry: Mm, tip: Mm): Plane | null {
  const length = norm(minus(tip, entry));
  if (!(length > 0)) return null;
  const along = times(minus(tip, entry), 1 / length);
  const views: [string, Mm, Mm, Mm][] = [
    ["near-axial", HEAD, LEFT, POSTERIOR],
    ["near-coronal", POSTERIOR, LEFT, times(HEAD, -1)],
    ["near-sagittal", LEFT, POSTERIOR, times(HEAD, -1)],
  ];
  const steep = (view: [string, Mm, Mm, Mm]) => Math.abs(dot(along, view[1]));
  const flattest = views.reduce((best, view) => (steep(view) < steep(best) ? view : best));
  const [name, axis, side, below] = steep(views[0]!) <= STEEPEST_FOR_AXIAL ? views[0]! : flattest;
  const out = unit(minus(axis, times(along, dot(axis, along))));
  const right = unit(minus(side, times(out, dot(side, out))));
  const across = outer(out, right);
  const down = dot(across, below) > 0 ? across : times(across, -1);
  const tilt = (Math.acos(Math.min(1, Math.abs(dot(out, axis)))) * 180) / Math.PI;
  return { name: `${name}, tilted ${tilt.toFixed(0)}°`, centre: between(entry, tip, 0.5), right, down };
}

/** Where the table lies for a DICOM patient position such as "HFS"; null where it is unknown. */
export function gravity(position: string): Mm | null {
  if (!["HF", "FF"].includes(position.slice(0, 2))) return null;
  const ways: Record<string, Mm> = { S: [0, 1, 0], P: [0, -1, 0], DL: [1, 0, 0], DR: [-1, 0, 0] };
  return ways[position.slice(2)] ?? null;
}

/** The plane turned on the screen (never mirrored) so that gravity points down; as it was where gravity is across it. */
export function asOnTable(plane: Plane, down: Mm): Plane {
  const out = normal(plane);
  const within = minus(down, times(out, dot(down, out)));
  if (norm(within) < GRAVITY_IN_PLANE) return plane;
  const below = unit(within);
  return { ...plane, right: outer(below, out), down: below };
}

/** Of a point: mm to the right and down from the plane's centre, and mm out of the plane. */
export function project(plane: Plane, at: Mm): Mm {
  const offset = minus(at, plane.centre);
  return [dot(offset, plane.right), dot(offset, plane.down), dot(offset, normal(plane))];
}

/** The point of the plane so many mm to the right and down from its centre. */
export const pointOf = (plane: Plane, u: number, v: number): Mm =>
  add(plane.centre, add(times(plane.right, u), times(plane.down, v)));

/** R/L/A/P/H/F of a direction in LPS, the strongest first, up to two. */
export function letters(direction: Mm): string {
  const names = [
    ["L", "R"],
    ["P", "A"],
    ["H", "F"],
  ] as const;
  return names
    .map(([plus, less], axis) => ({ share: Math.abs(direction[axis]!), name: direction[axis]! > 0 ? plus : less }))
    .sort((a, b) => b.share - a.share)
    .slice(0, 2)
    .filter(({ share }) => share > NAMED)
    .map(({ name }) => name)
    .join("");
}

/** Patient directions at the left, right, top and bottom edge of the screen. */
export const edgeLetters = (plane: Plane): [string, string, string, string] => [
  letters(times(plane.right, -1)),
  letters(plane.right),
  letters(times(plane.down, -1)),
  letters(plane.down),
];

/** A needle's shaft against the axial plane, and against gravity (0: it runs straight down), in degrees. */
export function needleAngles(entry: Mm, tip: Mm, down: Mm | null): { offAxial: number; toGravity: number | null } {
  const along = unit(minus(tip, entry));
  const degrees = 180 / Math.PI;
  return {
    offAxial: Math.asin(Math.min(1, Math.abs(dot(along, HEAD)))) * degrees,
    toGravity: down === null ? null : Math.acos(Math.max(-1, Math.min(1, dot(along, down)))) * degrees,
  };
}
