/** The skin under the hand: the entry of a needle that is dragged stays on it. */
import { type Box, type Mm, valueAt } from "../api/box";
import { AIR_HU, RUN_MM } from "../plan/skin";
import { add, minus, norm, times, unit } from "./vector";

/** The skin is looked for so far from where the entry was dragged to, in steps of `STEP_MM`. */
const REACH_MM = 60;
const STEP_MM = 0.5;

/** The point of the skin next to a dragged entry, on the line through the tip; null where the image shows none there. */
export function onSkin(image: Box | null, tip: Mm, entry: Mm): Mm | null {
  const far = norm(minus(entry, tip));
  if (!image || image.header.quantity !== "HU" || !(far > 0)) return null;
  const out = unit(minus(entry, tip));
  const at = (depth: number): Mm => add(tip, times(out, depth));
  // Outside the image there is air too.
  const isAir = (depth: number): boolean => !(valueAt(image, at(depth)) > AIR_HU);
  const outside = isAir(far);
  const way = outside ? -STEP_MM : STEP_MM;
  let run = 0;
  for (let gone = 0; gone <= REACH_MM; gone += STEP_MM) {
    const depth = far + Math.sign(way) * gone;
    if (depth < RUN_MM) return null;
    run = isAir(depth) === outside ? 0 : run + STEP_MM;
    // So much of the other side in a row is no bubble, fold or sheet.
    if (run >= RUN_MM) return at(depth - Math.sign(way) * run + (outside ? 0 : STEP_MM));
  }
  return null;
}
