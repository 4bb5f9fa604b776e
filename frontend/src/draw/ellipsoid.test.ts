import { describe, expect, it } from "vitest";
import type { Mm } from "../api/box";
import { patientPlane } from "../view/plane";
import { handles, moved, outline, volumeMl, withDiameter } from "./ellipsoid";

const axial = (centre: Mm = [0, 0, 0]) => patientPlane("axial", centre);

describe("an ellipsoid drawn by its diameters", () => {
  it("is a ball after the first one and takes the others axis by axis", () => {
    const one = withDiameter(null, [-15, 0, 5], [15, 2, 5], axial([0, 0, 5]));
    expect(one.centre).toEqual([0, 1, 5]);
    expect(one.diameters[0]).toBeCloseTo(Math.hypot(30, 2));
    const two = withDiameter(one, [0, 1, -9], [0, 1, 11], patientPlane("coronal", one.centre));
    expect(two.diameters[2]).toBeCloseTo(20);
    expect(two.centre).toEqual([0, 1, 1]);
    const three = withDiameter(two, [0, -11, 1], [0, 13, 1], patientPlane("sagittal", two.centre));
    expect(three.diameters[1]).toBeCloseTo(24);
    expect(three.given).toEqual([true, true, true]);
  });
  it("gives a slanting second drag to the axis that is still open", () => {
    const one = withDiameter(null, [-10, 0, 0], [10, 0, 0], axial());
    const two = withDiameter(one, [-7, -7, 0], [7, 6.5, 0], axial());
    expect(two.diameters[0]).toBeCloseTo(20);
    expect(two.given[1]).toBe(true);
  });
  it("has the volume of its diameters", () => {
    expect(volumeMl({ centre: [0, 0, 0], diameters: [20, 30, 40], given: [true, true, true] })).toBeCloseTo((Math.PI / 6) * 24);
  });
  it("shows on a plane the points that lie on it and on its surface", () => {
    const e = { centre: [3, -4, 10] as Mm, diameters: [20, 30, 40] as Mm, given: [true, true, true] as const };
    for (const plane of [axial([0, 0, 17]), patientPlane("coronal", [0, 2, 0]), { ...axial([3, -4, 10]), right: [0.8, 0, 0.6] as Mm, down: [0, 1, 0] as Mm }]) {
      const points = outline(e, plane);
      expect(points.length).toBeGreaterThan(0);
      for (const p of points) {
        const on = ((p[0] - 3) / 10) ** 2 + ((p[1] + 4) / 15) ** 2 + ((p[2] - 10) / 20) ** 2;
        expect(on).toBeCloseTo(1, 6);
      }
    }
    expect(outline(e, axial([0, 0, 31]))).toEqual([]);
  });
  it("moves one end alone, or all of it", () => {
    const e = { centre: [0, 0, 0] as Mm, diameters: [20, 20, 20] as Mm, given: [true, false, false] as const };
    const wider = moved(e, { kind: "end", axis: 0, side: 1 }, [6, 3, 0]);
    expect(wider.diameters).toEqual([26, 20, 20]);
    expect(wider.centre).toEqual([3, 0, 0]);
    expect(moved(e, { kind: "centre" }, [1, 2, 3]).centre).toEqual([1, 2, 3]);
    expect(handles(e, axial()).length).toBe(5);
    expect(handles(e, axial([0, 0, 11]))).toEqual([]);
  });
});
