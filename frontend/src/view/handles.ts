/** Needles under the hand: what lies under the pointer, and where the needle goes when it moves. Motions run in the plane
 * of the view, so that what is dragged stays under the pointer. */
import type { Mm } from "../api/box";
import type { Needle, PlanDocument } from "../api/types";
import type { Px, SliceView } from "./layers";
import { add, between, dot, minus, norm, times, unit } from "./vector";

/** "middle" slides the needle along itself; "shaft" carries the whole needle. */
export type Part = "tip" | "entry" | "middle" | "shaft";

export interface Grip {
  needle: number;
  part: Part;
}

/** Hit radius of a handle in CSS pixels: a mouse is exact, a finger needs 24 px at least across. */
export const reachPx = (pointer: string): number => (pointer === "mouse" || pointer === "pen" ? 10 : 20);
/** How near to a shaft the pointer must come. */
const shaftReachPx = (pointer: string): number => (pointer === "mouse" || pointer === "pen" ? 6 : 13);
/** Where on a needle the handle sits that slides it: seen from the entry. */
export const MIDDLE = 0.45;
/** A needle seen end-on is not slid: its axis has no direction in that view. */
const SEEN_END_ON = 0.2;
/** A needle shorter than this has no direction that a hand can steer. */
export const SHORTEST_MM = 5;

export const handleMm = (needle: Needle, part: Part): Mm =>
  part === "tip" ? needle.tip_mm : part === "entry" ? needle.entry_mm : between(needle.entry_mm, needle.tip_mm, MIDDLE);

/** What lies under the pointer; the chosen needle's handles come first, then those nearest to the plane. */
export function gripAt(
  view: SliceView,
  needles: Needle[],
  chosen: number | null,
  at: Px,
  pointer: string,
): Grip | null {
  const reach = reachPx(pointer);
  let found: { grip: Grip; score: number } | null = null;
  const offer = (grip: Grip, score: number) => {
    if (!found || score < found.score) found = { grip, score };
  };
  needles.forEach((needle, n) => {
    const first = n === chosen ? 0 : 1000;
    for (const part of n === chosen ? (["tip", "entry", "middle"] as const) : (["tip", "entry"] as const)) {
      const mm = handleMm(needle, part);
      const px = view.toPx(mm);
      const off = Math.hypot(px.x - at.x, px.y - at.y);
      if (off <= reach) offer({ needle: n, part }, first + off + Math.abs(view.depth(mm)) * 0.2);
    }
    const off = offSegment(at, view.toPx(needle.entry_mm), view.toPx(needle.tip_mm));
    if (off <= shaftReachPx(pointer)) offer({ needle: n, part: "shaft" }, 3000 + first + off);
  });
  return (found as { grip: Grip } | null)?.grip ?? null;
}

function offSegment(at: Px, a: Px, b: Px): number {
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const share = Math.max(0, Math.min(1, ((at.x - a.x) * dx + (at.y - a.y) * dy) / (dx * dx + dy * dy || 1)));
  return Math.hypot(at.x - a.x - share * dx, at.y - a.y - share * dy);
}

/** The needle after its part was moved by `by` (mm, in the plane of the view). With `slide` the shaft too runs along
 * itself. Sliding keeps the skin point: the tip goes deeper or comes back. `skin` answers the point of the skin beside a
 * moved entry (null where the image shows none); the needle then keeps its direction and begins there. */
export function moved(
  needle: Needle,
  part: Part,
  by: Mm,
  slide: boolean,
  skin: (tip: Mm, entry: Mm) => Mm | null = () => null,
): Needle {
  const at = (tip: Mm, entry: Mm): Needle =>
    norm(minus(tip, entry)) < SHORTEST_MM ? needle : { ...needle, tip_mm: rounded(tip), entry_mm: rounded(entry) };
  if (part === "tip") return at(add(needle.tip_mm, by), needle.entry_mm);
  const begun = (tip: Mm, entry: Mm) => at(tip, skin(tip, entry) ?? entry);
  if (part === "entry") return begun(needle.tip_mm, add(needle.entry_mm, by));
  if (part === "shaft" && !slide) return begun(add(needle.tip_mm, by), add(needle.entry_mm, by));
  const along = unit(minus(needle.tip_mm, needle.entry_mm));
  return at(add(needle.tip_mm, times(along, dot(by, along))), needle.entry_mm);
}

/** The motion in a view that slides a needle so far that it follows the pointer: along the shaft as seen there. */
export function slideBy(view: SliceView, needle: Needle, by: Mm): Mm {
  const along = unit(minus(needle.tip_mm, needle.entry_mm));
  const { right, down } = view.plane;
  const seen = [dot(along, right), dot(along, down)] as const;
  const share = seen[0] ** 2 + seen[1] ** 2;
  if (Math.sqrt(share) < SEEN_END_ON) return [0, 0, 0];
  return times(along, (dot(by, right) * seen[0] + dot(by, down) * seen[1]) / share);
}

/** Positions are kept to a hundredth of a millimetre: what a plan file shows. */
const rounded = (at: Mm): Mm => at.map((v) => Math.round(v * 100) / 100) as unknown as Mm;

/** The plan with one needle changed. */
export const withNeedle = (plan: PlanDocument, index: number, needle: Needle): PlanDocument => ({
  ...plan,
  probes: plan.probes.map((old, n) => (n === index ? needle : old)),
});

/** What a move is called in the list of revisions. */
export function moveWords(needle: Needle, index: number, part: Part, slide: boolean): string {
  const name = needle.name || `needle ${index + 1}`;
  if (part === "tip") return `Move the tip of ${name}`;
  if (part === "entry") return `Move the entry of ${name}`;
  return part === "middle" || slide ? `Slide ${name} along its axis` : `Move ${name}`;
}
