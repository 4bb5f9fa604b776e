import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Box } from "../api/box";
import type { PlanDocument } from "../api/types";
import { withNeedle } from "../plan/needles";
import { cold, dragged, jobs, plan, saved } from "./desk";
import { FakeServer } from "./fake_server";
import { heardJob } from "./jobs";
import { notices } from "./notices";
import * as page from "./plan";

let server: FakeServer;
const tipAt = (x: number) => (p: PlanDocument) => withNeedle(p, 0, { tip_mm: [x, 0, 0] });
const tip = (p: PlanDocument | null | undefined) => p?.probes[0]?.tip_mm[0];

beforeEach(async () => {
  server = new FakeServer();
  vi.stubGlobal("fetch", server.fetch);
  notices.value = [];
  jobs.value = [];
  page.closeCase();
  await page.loadCase("c");
});
afterEach(() => vi.useRealTimers());

describe("a change", () => {
  it("is a revision of its own, and the next one is made from it", async () => {
    const both = [page.changePlan(tipAt(5), "Move"), page.changePlan((p) => withNeedle(p, 0, { name: "left" }), "Name")];
    expect(await Promise.all(both)).toEqual([true, true]);
    expect(server.told.map((t) => t.what)).toEqual(["Opened", "Move", "Name"]);
    expect(server.plan.plan.probes[0]).toMatchObject({ name: "left", tip_mm: [5, 0, 0] });
    expect(saved.value?.revision).toBe(3);
  });

  it("that the plan cannot take leaves the plan as saved, and keeps what was asked with the reason", async () => {
    const wrong = (p: PlanDocument) => ({ ...p, protocol: { steps: [{ kind: "freeze" as const, duration_s: 0 }] } });
    expect(await page.changePlan(wrong, "Protocol")).toBe(false);
    expect(server.told).toHaveLength(1);
    expect(page.refused.value).toMatchObject({ what: "Protocol", refusal: { what: "lasts no time" } });
    expect(page.refused.value?.asked.protocol.steps[0]?.duration_s).toBe(0);
    expect(await page.changePlan(tipAt(2), "Move")).toBe(true);
    expect(page.refused.value).toBeNull();
  });

  it("waits while the server is gone, and is saved when it comes back", async () => {
    server.mood = "gone";
    expect(await page.changePlan(tipAt(7), "Move")).toBe(false);
    expect(page.unsaved.value?.what).toBe("Move");
    server.mood = "";
    await page.serverCame();
    expect(tip(server.plan.plan)).toBe(7);
    expect(page.unsaved.value).toBeNull();
  });

  it("made while another waits for the server is saved with it: neither is lost", async () => {
    server.mood = "gone";
    await page.changePlan(tipAt(7), "Move");
    await page.changePlan((p) => withNeedle(p, 0, { name: "left" }), "Name");
    expect(plan.value?.probes[0]).toMatchObject({ name: "left", tip_mm: [7, 0, 0] });
    server.mood = "";
    await page.serverCame();
    expect(server.told.map((t) => t.what)).toEqual(["Opened", "Move; Name"]);
    expect(server.plan.plan.probes[0]).toMatchObject({ name: "left", tip_mm: [7, 0, 0] });
    expect(dragged.value).toBeNull();
  });

  it("whose answer was lost is saved once, not twice, and asks nobody", async () => {
    server.mood = "deaf";
    await page.changePlan(tipAt(7), "Move");
    server.mood = "";
    await page.serverCame();
    expect(server.told).toHaveLength(2);
    expect(page.clash.value).toBeNull();
    expect(saved.value?.revision).toBe(2);
  });
});

describe("two windows", () => {
  beforeEach(async () => {
    server.write(tipAt(40)(server.plan.plan), "Theirs");
    expect(await page.changePlan(tipAt(9), "Mine")).toBe(false);
  });

  it("meet in a conflict that shows the difference, and nothing is written until a person decides", async () => {
    expect(page.clash.value?.told.difference).toHaveLength(1);
    expect(await page.changePlan(tipAt(11), "Another")).toBe(false);
    expect(server.told).toHaveLength(2);
  });

  it("can write theirs over: then theirs is one undo away", async () => {
    expect(await page.writeMine()).toBe(true);
    expect(tip(server.plan.plan)).toBe(9);
    await page.undo();
    expect(tip(plan.value)).toBe(40);
  });

  it("can take theirs: then one's own can be brought back", async () => {
    page.takeTheirs();
    expect(tip(plan.value)).toBe(40);
    notices.value.at(-1)!.act!.run();
    await vi.waitFor(() => expect(tip(plan.value)).toBe(9));
    expect(server.told.map((t) => t.what)).toEqual(["Opened", "Theirs", "Mine"]);
  });
});

describe("another window's change", () => {
  it("is told, and shown only when it is asked for", async () => {
    vi.useFakeTimers();
    server.write(tipAt(40)(server.plan.plan), "Theirs");
    page.heardEvent({ type: "plan", case: "c", revision: 2 });
    await vi.runAllTimersAsync();
    expect(page.elsewhere.value).toBe(true);
    expect(tip(plan.value)).toBe(0);
    await page.reloadPlan();
    expect([page.elsewhere.value, tip(plan.value)]).toEqual([false, 40]);
  });

  it("is not seen in the echo of one's own, even after an undo to an older revision", async () => {
    vi.useFakeTimers();
    await page.changePlan(tipAt(5), "Move");
    await page.undo();
    page.heardEvent({ type: "plan", case: "c", revision: 2 });
    page.heardEvent({ type: "plan", case: "c", revision: 1 });
    await vi.runAllTimersAsync();
    expect(page.elsewhere.value).toBe(false);
  });
});

describe("undo and redo", () => {
  it("go through the server, so they hold over a reload of the page", async () => {
    await page.changePlan(tipAt(5), "Move");
    page.closeCase();
    await page.loadCase("c");
    expect(await page.undo()).toBe(true);
    expect(tip(plan.value)).toBe(0);
    expect(await page.undo()).toBe(false);
    expect(await page.redo()).toBe(true);
    expect(tip(plan.value)).toBe(5);
  });
});

describe("a drag", () => {
  it("is previewed and not saved; the drop saves once, then starts the full run", async () => {
    const sent: number[] = [];
    page.liveSender.current = { send: (p) => void sent.push(tip(p)!) };
    for (const x of [1, 2, 3]) page.dragPlan(tipAt(x)(plan.value!));
    expect([sent, tip(plan.value), server.told.length]).toEqual([[1, 2, 3], 3, 1]);
    await page.dropPlan("Move");
    expect([tip(server.plan.plan), dragged.value]).toEqual([3, null]);
    const [put, job] = ["PUT /cases/c/plan", "POST /cases/c/jobs"].map((a) => server.asked.indexOf(a));
    expect(put).toBeGreaterThan(-1);
    expect(job).toBeGreaterThan(put!);
  });

  it("that begins while the last one is saved stays under the hand: the newest wins", async () => {
    let go = () => {};
    server.hold = new Promise<void>((done) => (go = done));
    page.dragPlan(tipAt(1)(plan.value!));
    const dropping = page.dropPlan("Move");
    page.dragPlan(tipAt(2)(plan.value!));
    go();
    await dropping;
    expect([tip(server.plan.plan), tip(plan.value)]).toEqual([1, 2]);
    await page.dropPlan("Move on");
    expect([tip(server.plan.plan), server.plan.revision]).toEqual([2, 3]);
  });

  it("replaces the run of the drag before it", async () => {
    for (const x of [1, 2]) {
      page.dragPlan(tipAt(x)(plan.value!));
      await page.dropPlan("Move");
    }
    await vi.waitFor(() => expect(server.jobs.map((j) => j.state)).toEqual(["cancelled", "running"]));
  });

  it("keeps its preview until the run is there, but undo puts the preview away: it is of another plan", async () => {
    page.dragPlan(tipAt(1)(plan.value!));
    cold.value = { box: {} as Box, source: "preview", strip: null, time_s: null };
    await page.dropPlan("Move");
    expect(cold.value).not.toBeNull();
    await page.changePlan((p) => ({ ...p, goals: [] }), "Goals");
    expect(cold.value).not.toBeNull();
    await page.undo();
    await page.undo();
    expect(cold.value).toBeNull();
  });

  it("let go is as if it had never been", () => {
    page.dragPlan(tipAt(8)(plan.value!));
    page.letGo();
    expect([tip(plan.value), server.told.length]).toEqual([0, 1]);
  });
});

describe("keys", () => {
  it("save one revision when they rest, not one a stroke", async () => {
    vi.useFakeTimers();
    const right = (p: PlanDocument) => tipAt(tip(p)! + 1)(p);
    for (let i = 0; i < 4; i += 1) page.nudgePlan(right, "Move the tip");
    expect([tip(plan.value), server.told.length]).toEqual([4, 1]);
    await vi.runAllTimersAsync();
    expect([tip(server.plan.plan), server.told.length]).toEqual([4, 2]);
  });

  it("at rest too short are saved before the next change, which keeps them", async () => {
    page.nudgePlan(tipAt(3), "Move the tip");
    await page.changePlan((p) => withNeedle(p, 0, { name: "left" }), "Name");
    expect(server.plan.plan.probes[0]).toMatchObject({ name: "left", tip_mm: [3, 0, 0] });
  });
});

describe("jobs", () => {
  it("that have ended do not run again by a late event, except in a further attempt", async () => {
    const job = (await page.startJob("report"))!;
    heardJob({ ...job, state: "done" });
    heardJob({ ...job, state: "running" });
    expect(jobs.value[0]?.state).toBe("done");
    heardJob({ ...job, state: "running", attempts: 2 });
    expect(jobs.value[0]?.state).toBe("running");
  });
});
