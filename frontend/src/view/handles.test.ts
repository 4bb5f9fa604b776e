import { describe, expect, it } from "vitest";
import type { Mm } from "../api/box";
import type { Needle } from "../api/types";
import { madeBox } from "./boxes";
import { gripAt, handleMm, moved, slideBy } from "./handles";
import { sliceView } from "./layers";
import { FARTHEST_MM, levelSurface, marginAt, marginColour } from "./margin";
import { patientPlane, shaftPlane } from "./plane";
import { onSkin } from "./skin";
import { add, minus, norm, outer, times, unit } from "./vector";

const NEEDLE: Needle = { probe: "generic-17g-long", tip_mm: [10, -20, 30], entry_mm: [40, 60, 45] };
const see = (plane = patientPlane("axial", [20, 10, 30])) =>
  sliceView("axial", plane, 3, { width: 600, height: 500 }, null as never);
const size = { mouse: 10, touch: 20 };

describe("a handle", () => {
  for (const kind of ["axial", "coronal", "sagittal"] as const)
    it(`stays under the pointer in the ${kind} view and never leaves its plane's direction`, () => {
      const view = see(patientPlane(kind, [20, 10, 30]));
      const before = view.toPx(NEEDLE.tip_mm);
      const by = minus(view.toMm({ x: before.x + 31, y: before.y - 17 }), view.toMm(before));
      const after = moved(NEEDLE, "tip", by, false);
      expect(view.toPx(after.tip_mm).x).toBeCloseTo(before.x + 31, 1);
      expect(view.toPx(after.tip_mm).y).toBeCloseTo(before.y - 17, 1);
      expect(view.depth(after.tip_mm)).toBeCloseTo(view.depth(NEEDLE.tip_mm), 6);
      expect(after.entry_mm).toEqual(NEEDLE.entry_mm);
    });

  it("in the needle's own plane keeps the needle in that plane", () => {
    const plane = shaftPlane(NEEDLE.entry_mm, NEEDLE.tip_mm)!;
    const view = see(plane);
    const after = moved(NEEDLE, "entry", minus(view.toMm({ x: 200, y: 100 }), view.toMm({ x: 180, y: 140 })), false);
    expect(Math.abs(view.depth(after.entry_mm))).toBeLessThan(0.02);
    expect(after.tip_mm).toEqual(NEEDLE.tip_mm);
  });

  it("that slides changes the depth only, and follows the pointer along the shaft as it is seen", () => {
    const view = see();
    const along = unit(minus(NEEDLE.tip_mm, NEEDLE.entry_mm));
    const wanted = times(along, 7);
    const by = slideBy(view, NEEDLE, [wanted[0], wanted[1], 0]);
    const after = moved(NEEDLE, "middle", by, true);
    expect(norm(minus(after.tip_mm, add(NEEDLE.tip_mm, wanted)))).toBeLessThan(0.02);
    expect(after.entry_mm).toEqual(NEEDLE.entry_mm);
    expect(norm(outer(unit(minus(after.tip_mm, after.entry_mm)), along))).toBeLessThan(1e-3);
    const endOn: Needle = { ...NEEDLE, tip_mm: [40, 60, -40] };
    expect(slideBy(view, endOn, [5, 5, 0])).toEqual([0, 0, 0]);
  });

  it("on the shaft carries both ends alike", () => {
    const after = moved(NEEDLE, "shaft", [3, -4, 0], false);
    expect(minus(after.tip_mm, NEEDLE.tip_mm)).toEqual([3, -4, 0]);
    expect(minus(after.entry_mm, NEEDLE.entry_mm)).toEqual([3, -4, 0]);
  });

  it("never brings tip and entry together", () => {
    expect(moved(NEEDLE, "tip", minus(NEEDLE.entry_mm, NEEDLE.tip_mm), false)).toBe(NEEDLE);
  });

  it("is found within its reach, wider for a finger, the chosen needle's first", () => {
    const view = see();
    const other: Needle = { ...NEEDLE, tip_mm: [12, -20, 30] };
    const tip = view.toPx(NEEDLE.tip_mm);
    const left = (px: number) => ({ x: tip.x - px, y: tip.y });
    expect(gripAt(view, [NEEDLE, other], 0, left(0), "mouse")).toEqual({ needle: 0, part: "tip" });
    expect(gripAt(view, [NEEDLE, other], 1, left(0), "mouse")).toEqual({ needle: 1, part: "tip" });
    expect(gripAt(view, [NEEDLE], 0, left(size.mouse + 2), "mouse")).toBeNull();
    expect(gripAt(view, [NEEDLE], 0, left(size.mouse + 2), "touch")).toEqual({ needle: 0, part: "tip" });
    const middle = view.toPx(handleMm(NEEDLE, "middle"));
    expect(gripAt(view, [NEEDLE], 0, middle, "mouse")).toEqual({ needle: 0, part: "middle" });
    expect(gripAt(view, [NEEDLE], null, middle, "mouse")).toEqual({ needle: 0, part: "shaft" });
  });
});

describe("a dragged entry", () => {
  // A round body of 40 mm about the z axis, with a bubble of 4 mm in it.
  const body = madeBox(
    [120, 120, 10],
    [[1, 0, 0, -60], [0, 1, 0, -60], [0, 0, 5, -20], [0, 0, 0, 1]],
    "int16",
    1,
    (x, y) => (Math.hypot(x, y) < 40 && Math.hypot(x, y - 26) > 2 ? 40 : -1000),
    "HU",
  );
  const skin = (tip: Mm, entry: Mm) => onSkin(body, tip, entry);
  const needle: Needle = { probe: "generic-17g-long", tip_mm: [0, -5, 0], entry_mm: [0, 40, 0] };

  it("stays on the skin, wherever on its line it was dragged", () => {
    for (const [by, wanted] of [[[0, 15, 0], 40], [[0, -9, 0], 40], [[0, -20, 0], 40]] as [Mm, number][])
      expect(Math.abs(norm(moved(needle, "entry", by, false, skin).entry_mm) - wanted)).toBeLessThan(1);
    const aside = moved(needle, "entry", [30, 2, 0], false, skin);
    expect(Math.abs(norm(aside.entry_mm) - 40)).toBeLessThan(1);
    expect(norm(outer(unit(minus(aside.entry_mm, aside.tip_mm)), unit([30, 47, 0])))).toBeLessThan(1e-3);
  });

  it("comes along when the whole needle is moved, with the same direction", () => {
    const after = moved(needle, "shaft", [12, 3, 0], false, skin);
    expect(after.tip_mm).toEqual([12, -2, 0]);
    expect(Math.abs(norm(after.entry_mm) - 40)).toBeLessThan(1);
    expect(after.entry_mm[0]).toBeCloseTo(12, 1);
  });

  it("stays where it was put where the image shows no skin", () => {
    expect(onSkin(null, [0, 0, 0], [0, 40, 0])).toBeNull();
    expect(onSkin(body, [0, -5, 0], [0, 190, 0])).toBeNull();
  });
});

describe("the margin painted on the outline", () => {
  const ball = madeBox(
    [40, 40, 40],
    [[1.5, 0, 0, -30], [0, -1.5, 0, 30], [0, 0, 1.5, -30], [0, 0, 0, 1]],
    "int16",
    0.01,
    (x, y, z) => 3 * (norm([x, y, z]) - 20),
  );
  const surface = levelSurface(ball, 0, [-26, -26, -26], [26, 26, 26]);

  it("is the distance to the sphere of 0 °C, positive inside it", () => {
    for (const direction of [[1, 0, 0], [0.6, -0.8, 0], [0.36, 0.48, -0.8]] as Mm[])
      for (const radius of [12, 16, 19, 21, 23.5]) {
        const margin = marginAt(surface, times(direction, radius));
        expect(Math.abs(margin - (20 - radius))).toBeLessThan(0.35);
      }
  });

  it("says no more than it looked at, and nothing outside the box", () => {
    expect(marginAt(surface, [0, 0, 0])).toBe(FARTHEST_MM);
    expect(marginAt(surface, [200, 0, 0])).toBeNaN();
  });

  it("has the report's colours", () => {
    expect([-1, 0, 3, 5, 10].map(marginColour)).toEqual(["#d55e00", "#e69f00", "#f0e442", "#56b4e9", "#0072b2"]);
    expect(marginColour(NaN)).toBe("#b8b8b8");
  });
});
