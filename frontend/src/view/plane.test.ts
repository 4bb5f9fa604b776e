import { describe, expect, it } from "vitest";
import type { Mm } from "../api/box";
import { sliceView } from "./layers";
import { asOnTable, edgeLetters, gravity, needleAngles, normal, patientPlane, pointOf, project, shaftPlane } from "./plane";
import { dot, norm } from "./vector";

const near = (a: Mm, b: Mm) => a.forEach((v, i) => expect(v).toBeCloseTo(b[i]!, 6));

describe("planes", () => {
  it("show the patient's right on the left of the screen, front up in axial views", () => {
    expect(edgeLetters(patientPlane("axial", [0, 0, 0]))).toEqual(["R", "L", "A", "P"]);
    expect(edgeLetters(patientPlane("coronal", [0, 0, 0]))).toEqual(["R", "L", "H", "F"]);
    expect(edgeLetters(patientPlane("sagittal", [0, 0, 0]))).toEqual(["A", "P", "H", "F"]);
  });

  it("hold a needle's whole shaft", () => {
    const [entry, tip]: [Mm, Mm] = [
      [114.14, -46.01, 320.08],
      [78.59, -145.05, 318.08],
    ];
    const plane = shaftPlane(entry, tip)!;
    expect(plane.name).toMatch(/^near-axial, tilted \d°$/);
    for (const end of [entry, tip]) expect(project(plane, end)[2]).toBeCloseTo(0, 9);
    expect(norm(plane.right)).toBeCloseTo(1, 9);
    expect(dot(plane.right, plane.down)).toBeCloseTo(0, 9);
    expect(edgeLetters(plane)).toEqual(["R", "L", "A", "P"]);
  });

  it("leave the axial view for a steep needle", () => {
    expect(shaftPlane([0, 0, 100], [0, 30, 0])!.name).toMatch(/^near-(coronal|sagittal)/);
    expect(shaftPlane([1, 2, 3], [1, 2, 3])).toBeNull();
  });

  it("turn to the table without mirroring", () => {
    for (const position of ["HFS", "HFP", "FFDL", "HFDR"])
      for (const kind of ["axial", "coronal", "sagittal"] as const) {
        const plain = patientPlane(kind, [1, 2, 3]);
        const turned = asOnTable(plain, gravity(position)!);
        near(normal(turned), normal(plain));
        const within = project({ ...turned, centre: [0, 0, 0] }, gravity(position)!);
        expect(Math.abs(within[0])).toBeLessThan(1e-9);
        expect(within[1]).toBeGreaterThanOrEqual(0);
      }
    expect(edgeLetters(asOnTable(patientPlane("axial", [0, 0, 0]), gravity("HFP")!))).toEqual(["L", "R", "P", "A"]);
    expect(gravity("")).toBeNull();
  });

  it("tell a needle's angles", () => {
    expect(needleAngles([0, -50, 0], [0, 0, 0], gravity("HFS")).toGravity).toBeCloseTo(0, 6);
    expect(needleAngles([0, 0, 50], [0, 0, 0], null)).toEqual({ offAxial: 90, toGravity: null });
    expect(needleAngles([0, -10, 10], [0, 0, 0], null).offAxial).toBeCloseTo(45, 6);
  });

  it("carry pixels to points and back", () => {
    const plane = shaftPlane([10, -50, 20], [30, 40, 5])!;
    const view = sliceView("needle", plane, 2.5, { width: 640, height: 480 }, null as never);
    const at = view.toMm({ x: 100, y: 300 });
    expect(view.depth(at)).toBeCloseTo(0, 9);
    expect(view.toPx(at).x).toBeCloseTo(100, 6);
    expect(view.toPx(at).y).toBeCloseTo(300, 6);
    near(view.toMm({ x: 320, y: 240 }), pointOf(plane, 0, 0));
  });
});
