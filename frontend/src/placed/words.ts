/** Places and deviations as people write and read them. */
import type { Mm } from "../api/box";

/** "12, -40, 88" as a place; null where it is none. */
export function place(text: string | undefined): Mm | null {
  const numbers = (text ?? "").replaceAll("−", "-").split(/[\s,;]+/).filter(Boolean).map(Number);
  return numbers.length === 3 && numbers.every(Number.isFinite) ? [numbers[0]!, numbers[1]!, numbers[2]!] : null;
}

export const written = (at: Mm | undefined): string => (at ? at.map((v) => v.toFixed(1)).join(", ") : "");

export const one = (value: number | null | undefined): string => (value === null || value === undefined ? "–" : value.toFixed(1).replace("-", "−"));
