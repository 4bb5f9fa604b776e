/** Where a shaft leaves the body, seen in the image: the first stretch of air on the way out. */
import { type Box, type Mm, valueAt } from "../api/box";

/** Below this a CT number is air (or the image has ended). */
export const AIR_HU = -400;
/** So much air in a row is outside, not a bubble of a bowel. */
export const RUN_MM = 8;

/** A function from tip and outward direction (length 1) to the depth of the tip under the skin; null where the image
 * is no CT or shows no air on that way. */
export function skinFrom(image: Box | null): (tip: Mm, out: Mm) => number | null {
  if (!image || image.header.quantity !== "HU") return () => null;
  return (tip, out) => {
    let air = 0;
    for (let far = 0; far < 400; far += 1) {
      const hu = valueAt(image, [tip[0] + out[0] * far, tip[1] + out[1] * far, tip[2] + out[2] * far]);
      air = hu > AIR_HU ? 0 : air + 1;
      if (air >= RUN_MM) return far - air + 1 > 5 ? far - air + 1 : null;
    }
    return null;
  };
}
