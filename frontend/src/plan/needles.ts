/** Changes of needles, each from one plan to the next. Positions are LPS mm; depth and angles are those of the shaft. */
import type { Mm } from "../api/box";
import type { Card, Needle, PlanDocument } from "../api/types";

const add = (a: Mm, b: Mm, times = 1): Mm => [a[0] + b[0] * times, a[1] + b[1] * times, a[2] + b[2] * times];
const less = (a: Mm, b: Mm): Mm => add(a, b, -1);
export const length = (a: Mm): number => Math.hypot(...a);
const unit = (a: Mm): Mm => {
  const long = length(a);
  return long > 0 ? [a[0] / long, a[1] / long, a[2] / long] : [0, 1, 0];
};
const cross = (a: Mm, b: Mm): Mm => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
const dot = (a: Mm, b: Mm): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
/** The plan file holds hundredths of a millimetre; nobody places a needle finer. */
const neat = (a: Mm): Mm => a.map((v) => Math.round(v * 100) / 100) as unknown as Mm;

export const depthOf = (needle: Needle): number => length(less(needle.tip_mm, needle.entry_mm));
/** From the skin towards the tip, length 1. */
export const wayOf = (needle: Needle): Mm => unit(less(needle.tip_mm, needle.entry_mm));
/** Degrees out of the axial plane; positive where the tip points to the head. */
export const offAxial = (needle: Needle): number => (Math.asin(Math.max(-1, Math.min(1, wayOf(needle)[2]))) * 180) / Math.PI;
/** Degrees within the axial plane, from straight posterior-to-anterior; positive where the tip points to the left. */
export const inAxial = (needle: Needle): number => {
  const [x, y] = wayOf(needle);
  return (Math.atan2(x, -y) * 180) / Math.PI;
};

/** The plan with one needle changed. */
export function withNeedle(plan: PlanDocument, at: number, change: Partial<Needle>): PlanDocument {
  return { ...plan, probes: plan.probes.map((p, i) => (i === at ? { ...p, ...change } : p)) };
}

/** Put the tip at another depth along the same shaft. */
export function withDepth(plan: PlanDocument, at: number, depth_mm: number): PlanDocument {
  const needle = plan.probes[at]!;
  return withNeedle(plan, at, { tip_mm: neat(add(needle.entry_mm, wayOf(needle), depth_mm)) });
}

/** Turn the shaft about its tip, the depth kept: `off` out of the axial plane, `within` it (degrees). */
export function withAngles(plan: PlanDocument, at: number, off: number, within: number): PlanDocument {
  const needle = plan.probes[at]!;
  const [a, b] = [(off * Math.PI) / 180, (within * Math.PI) / 180];
  const way: Mm = [Math.cos(a) * Math.sin(b), -Math.cos(a) * Math.cos(b), Math.sin(a)];
  return withNeedle(plan, at, { entry_mm: neat(add(needle.tip_mm, way, -depthOf(needle))) });
}

/** Move a whole needle, or its tip alone. */
export function moved(plan: PlanDocument, at: number, by: Mm, part: "tip" | "needle"): PlanDocument {
  const needle = plan.probes[at]!;
  const tip_mm = neat(add(needle.tip_mm, by));
  return withNeedle(plan, at, part === "tip" ? { tip_mm } : { tip_mm, entry_mm: neat(add(needle.entry_mm, by)) });
}

/** Slide along the shaft: positive goes deeper; the entry stays. */
export function slid(plan: PlanDocument, at: number, by_mm: number): PlanDocument {
  return withDepth(plan, at, Math.max(1, depthOf(plan.probes[at]!) + by_mm));
}

const freeName = (plan: PlanDocument): string => {
  const taken = new Set(plan.probes.map((p, i) => p.name || `needle ${i + 1}`));
  let n = plan.probes.length + 1;
  while (taken.has(`needle ${n}`)) n += 1;
  return `needle ${n}`;
};

/** Neighbours are put this far from what is there: within the 10 to 20 mm that needles are commonly set apart. */
const APART_MM = 12;
/** How deep the first needle is put where the image does not show the skin. */
const ALONE_MM = 80;

/** The plan with one more needle: parallel to the chosen one, the middle of its cold zone at the target's centre, or
 * beside it where a needle runs there already. The first needle comes straight from behind. `skin` tells how deep a
 * point lies along a way out; where it cannot, the needle is as deep as its neighbour. */
export function added(
  plan: PlanDocument,
  like: number | null,
  centre: Mm,
  card: Card,
  skin: (tip: Mm, out: Mm) => number | null = () => null,
): PlanDocument {
  const parent = plan.probes[like ?? 0] ?? plan.probes[0];
  const way: Mm = parent ? wayOf(parent) : [0, -1, 0];
  const zone = parent?.active_mm ?? card.active_mm;
  const tip = add(free(plan, centre, way), way, card.standoff_mm + zone / 2);
  const beside = parent ? depthOf(parent) + dot(less(tip, parent.tip_mm), way) : ALONE_MM;
  const depth = Math.min(card.usable_mm, Math.max(20, skin(tip, [-way[0], -way[1], -way[2]]) ?? beside));
  const needle: Needle = {
    ...(parent ?? {}),
    probe: card.name,
    name: freeName(plan),
    tip_mm: neat(tip),
    entry_mm: neat(add(tip, way, -depth)),
  };
  return { ...plan, probes: [...plan.probes, needle] };
}

/** The place nearest the centre, across the shafts, that no needle runs nearer to than APART_MM. */
function free(plan: PlanDocument, centre: Mm, way: Mm): Mm {
  const across = unit(cross(way, Math.abs(way[2]) < 0.9 ? [0, 0, 1] : [1, 0, 0]));
  const other = cross(way, across);
  const off = (point: Mm, needle: Needle): number => {
    const from = less(point, needle.tip_mm);
    const along = wayOf(needle);
    return length(less(from, add([0, 0, 0], along, dot(from, along))));
  };
  for (let ring = 0; ring < 12; ring += 1) {
    const radius = (ring * APART_MM) / 2;
    const count = ring === 0 ? 1 : 12;
    const places = Array.from({ length: count }, (_, i) => {
      const turn = (2 * Math.PI * i) / count;
      const point = add(add(centre, across, radius * Math.cos(turn)), other, radius * Math.sin(turn));
      return { point, room: Math.min(Infinity, ...plan.probes.map((n) => off(point, n))) };
    });
    const best = places.reduce((a, b) => (b.room > a.room + 1e-9 ? b : a));
    if (best.room >= APART_MM - 1e-6) return best.point;
  }
  return centre;
}

/** A copy of a needle, set beside it. */
export function copied(plan: PlanDocument, at: number): PlanDocument {
  const needle = plan.probes[at]!;
  const way = wayOf(needle);
  const here = free(plan, needle.tip_mm, way);
  const by = less(here, needle.tip_mm);
  const copy: Needle = {
    ...needle,
    name: freeName(plan),
    tip_mm: neat(here),
    entry_mm: neat(add(needle.entry_mm, by)),
  };
  return { ...plan, probes: [...plan.probes.slice(0, at + 1), copy, ...plan.probes.slice(at + 1)] };
}

export function withoutNeedle(plan: PlanDocument, at: number): PlanDocument {
  return { ...plan, probes: plan.probes.filter((_, i) => i !== at) };
}

/** Needles on one channel share every setting: what is set on one is set on all of them. */
export function withSetting(plan: PlanDocument, at: number, change: Partial<Needle>): PlanDocument {
  const channel = plan.probes[at]!.channel;
  return {
    ...plan,
    probes: plan.probes.map((p, i) => (i === at || (channel && p.channel === channel) ? { ...p, ...change } : p)),
  };
}
