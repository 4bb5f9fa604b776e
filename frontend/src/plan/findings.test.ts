import { expect, it } from "vitest";
import type { Box } from "../api/box";
import type { Needle } from "../api/types";
import { findingsElse, findingsOf, findingsOfOne } from "./findings";
import { skinFrom } from "./skin";

const needle = (name: string): Needle => ({ probe: "p", tip_mm: [0, 0, 0], entry_mm: [0, 9, 0], name });
const finding = (where: string, what = "is odd.") => ({ severity: "warning", what, where });

it("a finding stands beside the needle it names, and not beside one whose name begins alike", () => {
  const probes = [needle("needle 1"), needle("needle 10"), needle("")];
  const found = [finding("needle 1"), finding("needle 10"), finding("plan", "needle 3 is odd."), finding("plan.probes[1]"), finding("plan")];
  const where = (at: number) => findingsOf(found, probes, at).map((f) => f.where);
  expect([where(0), where(1), where(2)]).toEqual([["needle 1"], ["needle 10", "plan.probes[1]"], ["plan"]]);
  expect(findingsElse(found, probes)).toEqual([found[4]]);
});

it("the skin is where the way out comes to air for good, not at a bubble; other images than CT show none", () => {
  const raw = Int16Array.from({ length: 60 }, (_, y) => (y > 40 || (y > 20 && y < 25) ? -1000 : 40));
  const header = { shape: [1, 60, 1] as [number, number, number], affine: [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]] as const, dtype: "int16" as const, scale: 1, offset: 0, quantity: "HU" };
  const box = { header, raw, toIndex: [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]] } as unknown as Box;
  expect(skinFrom(box)([0, 10, 0], [0, 1, 0])).toBeCloseTo(31, 0);
  expect(skinFrom({ ...box, header: { ...header, quantity: "MR" } })([0, 10, 0], [0, 1, 0])).toBeNull();
});

it("stands beside the pocket, warmer or spot that it is of", () => {
  const found = ["Plan.pockets[0].thickness_mm", "warmers[1]", "spot 2: centre_mm", "needle 1"].map((where) => ({ severity: "error", what: "x", where }));
  const wheres = (key: string, at: number, name: string) => findingsOfOne(found, key, at, name).map((f) => f.where);
  expect(wheres("pockets", 0, "")).toEqual(["Plan.pockets[0].thickness_mm"]);
  expect(wheres("pockets", 1, "")).toEqual([]);
  expect(wheres("warmers", 1, "")).toEqual(["warmers[1]"]);
  expect([wheres("spots", 1, "spot 2"), wheres("spots", 0, "spot 1")]).toEqual([["spot 2: centre_mm"], []]);
});
