import { describe, expect, it } from "vitest";
import type { Strip } from "../api/types";
import { goalWords } from "../plan/goals";
import { inWords, withMore, withStep } from "../plan/protocol";
import { shortly, whereInWords } from "./difference";
import { celsius, clock, detail, mm, nearestWords, numbersFor, percent, runWord } from "./words";

const run = (status: "valid" | "stale" | "none", nominal_only = false) => ({ status, key: "k", seconds: 1, spacing_mm: 1, nominal_only, frames_s: [] });
const at = { dragging: false, preview: false, computing: null, run: run("valid") };

describe("what the numbers are worth", () => {
  it("is said in one word for every state", () => {
    expect(runWord(at).word).toBe("CURRENT");
    expect(runWord({ ...at, run: run("stale") }).word).toBe("STALE");
    expect(runWord({ ...at, run: run("none") }).word).toBe("NONE");
    expect(runWord({ ...at, run: null }).word).toBe("NONE");
    expect(runWord({ ...at, dragging: true }).word).toBe("PREVIEW");
    expect(runWord({ ...at, preview: true, run: run("stale") }).word).toBe("PREVIEW");
    expect(runWord({ ...at, computing: 0.2, run: run("stale") }).word).toBe("COMPUTING");
    expect(runWord({ ...at, computing: 0.6, run: run("valid", true) }).word).toBe("NOMINAL");
    expect(runWord({ ...at, computing: 0.97, run: run("valid") }).word).toBe("CURRENT");
  });

  it("goes with its own numbers: a preview's never stand beside the word of a run", () => {
    const [coarse, full] = [{ ice_ml: 1 } as Strip, { ice_ml: 2 } as Strip];
    for (const word of ["CURRENT", "NOMINAL", "STALE", "NONE"] as const) expect(numbersFor(word, coarse, full)).toEqual({ strip: full, preview: false });
    for (const word of ["PREVIEW", "COMPUTING"] as const) {
      expect(numbersFor(word, coarse, full)).toEqual({ strip: coarse, preview: true });
      expect(numbersFor(word, null, full)).toEqual({ strip: full, preview: false });
    }
  });

  it("is an estimate within told bounds while a preview is shown, rounded up", () => {
    const told = { preview: true, dragging: true, off: { margin_mm: 2.25, volume_percent: 10 }, refused: undefined, job: undefined };
    expect(detail("PREVIEW", told)).toBe("estimate, margin ± 2.3 mm, ice ± 10 %");
    expect(detail("PREVIEW", { ...told, dragging: false })).toMatch(/± 10 %; press Simulate$/);
    expect(detail("PREVIEW", { ...told, preview: false })).toBe("being made");
    expect(detail("CURRENT", told)).not.toContain("±");
  });

  it("never calls a preview or an old run current", () => {
    for (const dragging of [true, false])
      for (const preview of [true, false])
        for (const computing of [null, 0.5])
          for (const status of ["valid", "stale", "none"] as const) {
            const { word } = runWord({ dragging, preview, computing, run: run(status) });
            if (dragging || status !== "valid") expect(word).not.toBe("CURRENT");
          }
  });
});

describe("numbers", () => {
  it("do not round a share up to all", () => {
    expect([percent(1), percent(0.99996), percent(0.873)]).toEqual(["100 %", "99 %", "87 %"]);
    expect([mm(-3.21), mm(6.99), mm(-0.0000001), celsius(-0.4)]).toEqual(["−3.3 mm", "6.9 mm", "0.0 mm", "−1 °C"]);
    expect(clock(630)).toBe("10:30");
  });
});

describe("the nearest structure", () => {
  const near = { name: "colon", distance_mm: 3.04, coldest_c: 8, reached_s: 560, status: "red", words: "NOT MET" };
  it("is told with how far the ice stays off, or how deep it lies in it, and when", () => {
    expect(nearestWords(near)).toBe("NOT MET · ice 3.0 mm away · 0 °C at 9:20");
    expect(nearestWords({ ...near, distance_mm: -2, reached_s: null, words: "" })).toBe("ice 2.0 mm inside");
  });
});

describe("a difference", () => {
  it("is said in words", () => {
    expect(whereInWords("probes[1].tip_mm")).toBe("Needle 2, tip (mm)");
    expect(whereInWords("protocol.steps[0].duration_s")).toBe("Protocol, step 1, length (s)");
    expect(shortly([1.234, -5, 6])).toBe("1.23, −5, 6");
    expect(shortly(null)).toBe("none");
  });
});

describe("goals and protocols", () => {
  it("are said as people say them", () => {
    expect(goalWords({ kind: "cover", structure: "tumour", below: -20, margin_mm: 5 })).toBe("−20 °C covers the target and 5 mm around it");
    expect(goalWords({ kind: "spare", structure: "psoas_nerve", above: 10 })).toBe("Nothing below 10 °C in psoas nerve");
    expect(inWords([{ kind: "freeze", duration_s: 600 }, { kind: "hold", duration_s: 90, duty: 0.4 }])).toBe("freeze 10 min – hold 1.5 min at 40 %");
  });

  it("grow by what comes next, and a hold is never at full duty", () => {
    expect(withMore([{ kind: "freeze", duration_s: 600 }])[1]!.kind).toBe("thaw");
    expect(withStep([{ kind: "freeze", duration_s: 600 }], 0, { kind: "hold" })[0]!.duty).toBeLessThan(1);
  });
});
