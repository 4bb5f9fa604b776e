import { describe, expect, it } from "vitest";
import type { Results, Step } from "../api/types";
import { momentsOf } from "./moments";

const run = (more: Partial<Results["run"]>): Results["run"] => ({
  status: "valid",
  key: "k",
  seconds: null,
  spacing_mm: null,
  nominal_only: false,
  frames_s: [],
  ...more,
});
const STEPS: Step[] = [
  { kind: "freeze", duration_s: 600 },
  { kind: "thaw", duration_s: 480 },
  { kind: "freeze", duration_s: 300 },
];

describe("the moments of the freeze clock", () => {
  it("are those that the run kept", () => {
    expect(momentsOf(run({ frames_s: [60, 120] }), STEPS)).toEqual([
      { seconds: 60, name: "at/60" },
      { seconds: 120, name: "at/120" },
    ]);
  });

  it("are the ends of the freezes where the run kept none", () => {
    expect(momentsOf(run({}), STEPS)).toEqual([
      { seconds: 600, name: "end_of_freeze_1" },
      { seconds: 1380, name: "end_of_freeze_2" },
    ]);
  });

  it("are none without a run, and none of a run whose steps may have been others", () => {
    expect(momentsOf(run({ status: "none" }), STEPS)).toEqual([]);
    expect(momentsOf(run({ status: "stale" }), STEPS)).toEqual([]);
    expect(momentsOf(undefined, STEPS)).toEqual([]);
  });
});
