/** Sums of three numbers. */
import type { Mm } from "../api/box";

export const add = (a: Mm, b: Mm): Mm => [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
export const minus = (a: Mm, b: Mm): Mm => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
export const times = (a: Mm, factor: number): Mm => [a[0] * factor, a[1] * factor, a[2] * factor];
export const dot = (a: Mm, b: Mm): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
export const outer = (a: Mm, b: Mm): Mm => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];
export const norm = (a: Mm): number => Math.hypot(a[0], a[1], a[2]);
export const unit = (a: Mm): Mm => times(a, 1 / norm(a));
export const between = (a: Mm, b: Mm, share: number): Mm => add(a, times(minus(b, a), share));
