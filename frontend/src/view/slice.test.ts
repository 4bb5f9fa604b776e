import { describe, expect, it } from "vitest";
import { type Matrix, type Mm, valueAt } from "../api/box";
import { madeBox } from "./boxes";
import { area, contours } from "./contours";
import { type Plane, normal, patientPlane, shaftPlane } from "./plane";
import { greys, meets, ownRaster, percentiles, rasterOf, sample, shadow } from "./slice";
import { add, norm, times as scaled } from "./vector";

// An image whose first axes run to the right and front, and whose slices are thick.
const FLIPPED: Matrix = [
  [-1.5, 0, 0, 40],
  [0, -1.5, 0, 35],
  [0, 0, 3, -20],
  [0, 0, 0, 1],
];
// A quarter of a right angle about z.
const [C, S] = [Math.cos(0.4), Math.sin(0.4)];
const OBLIQUE: Matrix = [
  [C, -S, 0, -14],
  [S, C, 0, -30],
  [0, 0, 1, -22],
  [0, 0, 0, 1],
];
const slope = (x: number, y: number, z: number) => 3 * x - 2 * y + 0.5 * z;
const point = (plane: Plane, u: number, v: number): Mm => {
  const out = normal(plane);
  const depth = plane.centre[0] * out[0] + plane.centre[1] * out[1] + plane.centre[2] * out[2];
  return add(add(scaled(plane.right, u), scaled(plane.down, v)), scaled(out, depth));
};

describe("a slice", () => {
  for (const [name, affine] of [["flipped", FLIPPED] as const, ["oblique", OBLIQUE] as const])
    it(`holds what the box holds there, of a ${name} image on patient and needle planes`, () => {
      const box = madeBox([50, 46, 44], affine, "float32", 1, slope);
      const planes = [
        patientPlane("axial", [3, 4, 5.2]),
        patientPlane("coronal", [3, 4.4, 5]),
        patientPlane("sagittal", [3.3, 4, 5]),
        shaftPlane([10, -20, 8], [2, 9, -6])!,
      ];
      for (const plane of planes) {
        const raster = ownRaster(box, plane) ?? rasterOf(shadow(box, plane), 1.3);
        const sheet = sample(box, plane, raster);
        let seen = 0;
        for (let n = 0; n < sheet.values.length; n += 7) {
          const [x, y] = [n % sheet.width, Math.floor(n / sheet.width)];
          const truth = valueAt(box, point(plane, sheet.u0 + x * sheet.stepU, sheet.v0 + y * sheet.stepV));
          if (Number.isNaN(sheet.values[n]!) && Number.isNaN(truth)) continue;
          seen++;
          expect(Math.abs(sheet.values[n]! - truth)).toBeLessThan(1e-3);
        }
        expect(seen).toBeGreaterThan(100);
      }
    });

  it("along the image's own axes has one sample a cell", () => {
    const box = madeBox([5, 6, 7], FLIPPED, "float32", 1, slope);
    expect(ownRaster(box, patientPlane("coronal", [0, 0, 0]))).toMatchObject({ width: 5, height: 7, stepU: 1.5, stepV: 3 });
    expect(ownRaster(madeBox([5, 6, 7], OBLIQUE, "float32", 1, slope), patientPlane("axial", [0, 0, 0]))).toBeNull();
  });

  it("takes the nearest cell where that is asked", () => {
    const box = madeBox([5, 6, 7], FLIPPED, "int16", 1, (x) => x);
    const cells = new Set([40, 38.5, 37, 35.5, 34].map(Math.trunc));
    const { values } = sample(box, patientPlane("axial", [0, 30, -20]), rasterOf({ u0: 30, u1: 42, v0: 28, v1: 34 }, 0.4), false);
    for (const value of values) if (!Number.isNaN(value)) expect(cells.has(value)).toBe(true);
  });

  it("knows which planes miss a box", () => {
    const box = madeBox([5, 6, 7], FLIPPED, "int16", 1, slope);
    expect(meets(box, patientPlane("axial", [0, 0, -20]))).toBe(true);
    expect(meets(box, patientPlane("axial", [0, 0, 60]))).toBe(false);
  });

  it("is black below the window, white above it, see-through outside", () => {
    const out = new Uint32Array(4);
    greys(Float32Array.of(-500, 30, 500, NaN), -70, 130, out);
    expect([...out]).toEqual([0xff000000, 0xff7f7f7f, 0xffffffff, 0]);
  });

  it("finds a window for numbers without a scale", () => {
    const box = madeBox([100, 10, 1], FLIPPED, "int16", 1, (x) => (40 - x) / 1.5);
    expect(percentiles(box, [1, 99])).toEqual([1, 98]);
  });

  it("of 512 x 512 is quick", () => {
    const box = madeBox([256, 256, 3], OBLIQUE, "int16", 1, slope);
    const raster = { width: 512, height: 512, u0: -60, v0: 0, stepU: 0.5, stepV: 0.5 };
    const plane = shaftPlane([0, 0, -22], [40, 90, -20])!;
    const times = Array.from({ length: 6 }, () => {
      const began = performance.now();
      sample(box, plane, raster);
      return performance.now() - began;
    });
    expect(Math.min(...times)).toBeLessThan(60);
  });
});

describe("a contour", () => {
  const ball = (affine: Matrix) => madeBox([50, 46, 44], affine, "int16", 0.01, (x, y, z) => 4 * (norm([x, y, z]) - 15));

  it("of a sphere is a circle of the right radius on every plane", () => {
    const box = ball(OBLIQUE);
    for (const plane of [patientPlane("axial", [5, 5, 6]), shaftPlane([10, -20, 8], [2, 9, -6])!]) {
      const sheet = sample(box, plane, rasterOf(shadow(box, plane), 1));
      const out = normal(plane);
      const depth = plane.centre[0] * out[0] + plane.centre[1] * out[1] + plane.centre[2] * out[2];
      for (const [celsius, radius] of [
        [0, 15],
        [-20, 10],
      ] as const) {
        const lines = contours(sheet, celsius);
        expect(lines.length).toBe(1);
        expect(lines[0]!.closed).toBe(true);
        const wanted = Math.sqrt(radius ** 2 - depth ** 2);
        const { points } = lines[0]!;
        for (let n = 0; n < points.length; n += 2)
          expect(Math.abs(Math.hypot(points[n]!, points[n + 1]!) - wanted)).toBeLessThan(0.12);
        expect(Math.sqrt(area(lines) / Math.PI)).toBeCloseTo(wanted, 1);
      }
      expect(contours(sheet, -90)).toEqual([]);
    }
  });

  it("ends where the box ends", () => {
    const box = madeBox([20, 20, 20], [[1, 0, 0, -10], [0, 1, 0, -10], [0, 0, 1, -10], [0, 0, 0, 1]], "float32", 1, (x) => x);
    const plane = patientPlane("axial", [0, 0, 0]);
    const lines = contours(sample(box, plane, rasterOf({ u0: -30, u1: 30, v0: -30, v1: 30 }, 1)), 0.3);
    expect(lines.length).toBe(1);
    expect(lines[0]!.closed).toBe(false);
    expect(lines[0]!.points.length / 2).toBeGreaterThan(15);
  });

  it("of two touching cells at a saddle never crosses itself", () => {
    const sheet = { width: 3, height: 3, u0: 0, v0: 0, stepU: 1, stepV: 1, values: Float32Array.of(0, 1, 1, 1, 0, 1, 1, 1, 1) };
    const lines = contours(sheet, 0.4);
    expect(lines.length).toBe(2);
    const joined = contours({ ...sheet, values: sheet.values.map((v) => v * 0.5) }, 0.4);
    expect(joined.length).toBe(1);
  });
});
