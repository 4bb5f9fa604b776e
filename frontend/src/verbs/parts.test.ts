import { expect, test } from "vitest";
import { place } from "../placed/words";
import { ticks } from "./chart";
import { signed } from "./whatif_tab";

test("ticks are round, ascending and inside", () => {
  for (const [from, to] of [
    [0, 28],
    [-190, 40],
    [0.3, 0.9],
    [54, 54.5],
  ] as [number, number][]) {
    const found = ticks(from, to);
    expect(found.length).toBeGreaterThanOrEqual(3);
    expect(found.length).toBeLessThanOrEqual(8);
    expect(found.every((v, i) => v >= from - 1e-9 && v <= to + 1e-9 && (i === 0 || v > found[i - 1]!))).toBe(true);
  }
});

test("a difference carries its sign, and none where it rounds to nothing", () => {
  expect(signed(1.26, 1)).toBe("+1.3");
  expect(signed(-0.5, 1)).toBe("−0.5");
  expect(signed(-0.04, 1)).toBe("±0.0");
});

test("a place is three numbers, however they are parted", () => {
  expect(place("12, -40 88")).toEqual([12, -40, 88]);
  expect(place("12; −40; 88.5")).toEqual([12, -40, 88.5]);
  expect(place("12, -40")).toBeNull();
  expect(place("a, b, c")).toBeNull();
});
