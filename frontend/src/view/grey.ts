/** The window of greys: a CT's in HU, any other image's between its own percentiles. */
import { computed } from "@preact/signals";
import type { Box } from "../api/box";
import { seen } from "../state/placed";
import { type Window, window_ } from "../state/view";
import { percentiles } from "./slice";

/** Of images without a scale of their own, these shares of the numbers are darkest and brightest. */
const DARKEST_PERCENT = 1;
const BRIGHTEST_PERCENT = 99;

const own = computed<Window | null>(() => {
  const box = seen.value;
  if (!box || box.header.quantity === "HU") return null;
  const [low, high] = percentiles(box, [DARKEST_PERCENT, BRIGHTEST_PERCENT]) as [number, number];
  return { name: "Image", width: Math.max(high - low, 1e-3), level: (low + high) / 2 };
});

export const CHANGED = "Own";

/** The window that an image is shown in now. */
export function greyWindow(box: Box | null): Window {
  const chosen = window_.value;
  return box && box.header.quantity !== "HU" && chosen.name !== CHANGED ? (own.value ?? chosen) : chosen;
}

/** A window set by hand. */
export function setWindow(width: number, level: number): void {
  window_.value = { name: CHANGED, width, level };
}
