import { describe, expect, it } from "vitest";
import type { Mm } from "../api/box";
import { type Surface, joined, onScreen, readMesh, rgba, rod } from "./mesh";
import { dot, outer } from "./vector";

/** Volume inside a closed surface; positive where its triangles run anticlockwise as seen from outside. */
function volume({ points, triangles }: Surface): number {
  const at = (n: number): Mm => [points[3 * n]!, points[3 * n + 1]!, points[3 * n + 2]!];
  let sum = 0;
  for (let t = 0; t < triangles.length; t += 3)
    sum += dot(at(triangles[t]!), outer(at(triangles[t + 1]!), at(triangles[t + 2]!))) / 6;
  return sum;
}

describe("a surface", () => {
  it("of a needle is a closed rod, outside out", () => {
    const needle = rod([10, 20, 30], [10, 80, 50], 0.75, "#ffffff");
    const wanted = Math.PI * 0.75 ** 2 * Math.hypot(60, 20);
    expect(volume(needle) / wanted).toBeGreaterThan(0.93);
    expect(volume(needle) / wanted).toBeLessThan(1);
    expect(volume(joined([needle, needle]))).toBeCloseTo(2 * volume(needle), 1);
  });

  it("from the server is turned from LPS to RAS, with its colours", () => {
    const head = JSON.stringify({ vertices: 3, faces: 1, colours: true }).padEnd(60);
    const bytes = new Uint8Array(4 + 60 + 36 + 12 + 12);
    new DataView(bytes.buffer).setUint32(0, 60, true);
    bytes.set(new TextEncoder().encode(head), 4);
    bytes.set(new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 10).buffer), 64);
    bytes.set(new Uint8Array(Uint32Array.of(0, 1, 2).buffer), 100);
    bytes.fill(9, 112);
    const surface = readMesh(bytes.buffer, "#ffffff");
    expect([...surface.points]).toEqual([-1, -2, 3, -4, -5, 6, -7, -8, 10]);
    expect([...surface.triangles]).toEqual([0, 1, 2]);
    expect(surface.colours.length).toBe(12);
    expect(() => readMesh(bytes.buffer.slice(0, 120), "#ffffff")).toThrow(/3 points/);
  });

  it("has colours however they are written", () => {
    expect([...rgba("#ff9f1c")]).toEqual([255, 159, 28, 255]);
    expect([...rgba("#fff")]).toEqual([255, 255, 255, 255]);
  });
});

describe("the letters of the 3-D view", () => {
  it("turn with it and never mirror the patient", () => {
    for (const [azimuth, elevation] of [[0, 0], [110, 15], [250, -40]] as const) {
      const [left, back, head] = ([[1, 0, 0], [0, 1, 0], [0, 0, 1]] as Mm[]).map((d) => onScreen(d, azimuth, elevation));
      // Left, back, head are right-handed in the patient, and so are right, up, towards the viewer.
      expect(dot(outer(left!, back!), head!)).toBeCloseTo(1, 6);
      expect(head![1]).toBeGreaterThan(0.7);
    }
  });
});
