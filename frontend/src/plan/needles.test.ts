import { describe, expect, it } from "vitest";
import type { Mm } from "../api/box";
import type { Card, PlanDocument } from "../api/types";
import { added, copied, depthOf, inAxial, length, moved, offAxial, slid, wayOf, withAngles, withSetting } from "./needles";

const card = { name: "long", active_mm: 39, standoff_mm: 2, usable_mm: 175 } as Card;
const plan: PlanDocument = {
  probes: [{ probe: "long", tip_mm: [10, 20, 30], entry_mm: [18, 90, 18], name: "needle 1", channel: "A" }],
  protocol: { steps: [] },
  goals: [],
  review: "edited",
};
const gap = (p: PlanDocument, a: number, b: number) => {
  const [one, other] = [p.probes[a]!, p.probes[b]!];
  const from = one.tip_mm.map((v, i) => v - other.tip_mm[i]!) as unknown as Mm;
  const along = wayOf(other).reduce((sum, v, i) => sum + v * from[i]!, 0);
  return length(from.map((v, i) => v - along * wayOf(other)[i]!) as unknown as Mm);
};

describe("a needle", () => {
  it("turned keeps its tip and depth, and has the angles that were asked", () => {
    const turned = withAngles(plan, 0, 25, -40).probes[0]!;
    expect(turned.tip_mm).toEqual([10, 20, 30]);
    expect(depthOf(turned)).toBeCloseTo(depthOf(plan.probes[0]!), 1);
    expect([offAxial(turned), inAxial(turned)]).toEqual([expect.closeTo(25, 1), expect.closeTo(-40, 1)]);
  });

  it("slid keeps its entry and its way", () => {
    const [before, after] = [plan.probes[0]!, slid(plan, 0, 7).probes[0]!];
    expect(after.entry_mm).toEqual(before.entry_mm);
    expect(depthOf(after) - depthOf(before)).toBeCloseTo(7, 1);
    wayOf(after).forEach((v, i) => expect(v).toBeCloseTo(wayOf(before)[i]!, 2));
  });

  it("moved by its tip keeps its entry; moved whole keeps its length and way", () => {
    expect(moved(plan, 0, [1, 2, 3], "tip").probes[0]!.entry_mm).toEqual([18, 90, 18]);
    expect(depthOf(moved(plan, 0, [1, 2, 3], "needle").probes[0]!)).toBeCloseTo(depthOf(plan.probes[0]!), 6);
  });

  it("added to an empty plan has the middle of its cold zone at the target's centre and its entry on the skin", () => {
    const one = added({ ...plan, probes: [] }, null, [5, 6, 7], card, () => 64).probes[0]!;
    expect(one.tip_mm).toEqual([5, 6 - 2 - 39 / 2, 7]);
    expect(depthOf(one)).toBeCloseTo(64, 6);
  });

  it("added to others runs parallel to the chosen one and not into any", () => {
    let grown = plan;
    for (let i = 0; i < 6; i += 1) grown = added(grown, 0, [10, 25, 29], card);
    expect(new Set(grown.probes.map((p) => p.name)).size).toBe(7);
    grown.probes.forEach((p) => wayOf(p).forEach((v, i) => expect(v).toBeCloseTo(wayOf(plan.probes[0]!)[i]!, 2)));
    for (let a = 0; a < 7; a += 1) for (let b = 0; b < a; b += 1) expect(gap(grown, a, b)).toBeGreaterThan(9.9);
  });

  it("copied lies beside the one it was copied from, with another name", () => {
    const twins = copied(plan, 0);
    expect(gap(twins, 0, 1)).toBeGreaterThan(9.9);
    expect(twins.probes[1]!.name).not.toBe(twins.probes[0]!.name);
  });

  it("on a channel shares what is set there", () => {
    const two = { ...plan, probes: [...plan.probes, { ...plan.probes[0]!, name: "b" }, { ...plan.probes[0]!, name: "c", channel: "B" }] };
    expect(withSetting(two, 0, { start_s: 60 }).probes.map((p) => p.start_s)).toEqual([60, 60, undefined]);
  });
});
