import { describe, expect, it } from "vitest";
import type { Matrix, Mm } from "../api/box";
import { Cells, bounds } from "./mask";

const affine: Matrix = [
  [1, 0, 0, -10],
  [0, 1, 0, -10],
  [0, 0, 2.5, -10],
  [0, 0, 0, 1],
];
const fresh = () => new Cells([21, 21, 9], affine);

describe("cells under the brush", () => {
  it("a ball has about a ball's volume and comes back from the server's form as it was", () => {
    const cells = fresh();
    cells.set(cells.ball([0, 0, 0], 7, null), 1);
    expect(cells.volumeMl).toBeGreaterThan(((4 / 3) * Math.PI * 7 ** 3 * 0.85) / 1000);
    expect(cells.volumeMl).toBeLessThan(((4 / 3) * Math.PI * 7 ** 3 * 1.15) / 1000);
    const told = cells.told()!;
    expect(told.runs.reduce((a, b) => a + b)).toBe(told.shape[0] * told.shape[1] * told.shape[2]);
    const back = Cells.from(told);
    expect(back.count).toBe(cells.count);
    for (const p of [[0, 0, 0], [6, 0, 0], [8, 0, 0], [0, 0, 5], [0, -6, 2.5]] as Mm[]) expect(back.at(p)).toBe(cells.at(p));
  });
  it("a brush on a slice paints that slice only, once, whichever way it looks", () => {
    const cells = fresh();
    const axial = cells.ball([0, 0, 0.4], 3, [0, 0, 1]);
    expect(new Set(axial.map((n) => Math.floor(n / 441))).size).toBe(1);
    const coronal = cells.ball([0, 0.2, 0], 3, [0, -1, 0]);
    expect(new Set(coronal.map((n) => Math.floor(n / 21) % 21)).size).toBe(1);
    expect(coronal.length).toBeGreaterThan(10);
  });
  it("a stroke is taken back whole and nothing else with it", () => {
    const cells = fresh();
    cells.set(cells.ball([0, 0, 0], 4, null), 1);
    const before = cells.data.slice();
    const stroke = cells.set(cells.ball([2, 0, 0], 4, null), 1);
    expect(stroke.cells.length).toBeGreaterThan(0);
    cells.takeBack(stroke);
    expect(cells.data).toEqual(before);
    const erased = cells.set(cells.ball([0, 0, 0], 2, null), 0);
    cells.takeBack(erased);
    expect(cells.data).toEqual(before);
    expect(cells.count).toBe(before.reduce((a, b) => a + b, 0));
  });
  it("what is drawn on another grid is taken over where it lies", () => {
    const cells = fresh();
    const found = cells.holding((p) => Math.hypot(...p) < 5, [-5, -5, -5], [5, 5, 5]);
    cells.set(found, 1);
    expect(cells.at([4, 0, 0])).toBe(true);
    expect(cells.at([6, 0, 0])).toBe(false);
    expect(bounds([21, 21, 9], affine)).toEqual([
      [-10.5, -10.5, -11.25],
      [10.5, 10.5, 11.25],
    ]);
  });
  it("nothing drawn is nothing to send", () => {
    expect(fresh().told()).toBeNull();
  });
});
