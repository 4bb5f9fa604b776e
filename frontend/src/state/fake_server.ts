/** For tests: a server that keeps one case's plan in memory, with the same rules of revision and refusal. */
import type { Job, PlanDocument, PlanTold } from "../api/types";

export const EMPTY: PlanDocument = {
  probes: [{ probe: "generic-17g-long", tip_mm: [0, 0, 0], entry_mm: [0, 80, 0], name: "needle 1" }],
  protocol: { steps: [{ kind: "freeze", duration_s: 600 }] },
  goals: [],
  review: "edited",
};

export class FakeServer {
  told: PlanTold[] = [];
  at = 0;
  jobs: Job[] = [];
  asked: string[] = [];
  /** "" answers; "gone" does not; "deaf" does what is asked, but its answer is lost. */
  mood: "" | "gone" | "deaf" = "";
  /** Set to hold answers back until it is called. */
  hold: Promise<void> | null = null;

  constructor() {
    this.write(EMPTY, "Opened");
  }

  get plan(): PlanTold {
    return { ...this.told[this.at]!, can_undo: this.at > 0, can_redo: this.at + 1 < this.told.length };
  }

  write(plan: PlanDocument, what: string): PlanTold {
    this.told = this.told.slice(0, this.told.length ? this.at + 1 : 0);
    const revision = (this.told.at(-1)?.revision ?? 0) + 1;
    const keys = { run_key: JSON.stringify(plan.probes), assessment_key: JSON.stringify(plan) };
    this.told.push({ case: "c", revision, what, plan, ...keys, can_undo: true, can_redo: false, needles: [], findings: [] });
    this.at = this.told.length - 1;
    return this.plan;
  }

  fetch = async (address: string, init: RequestInit = {}): Promise<Response> => {
    const [path, method] = [address.replace("/api", ""), init.method ?? "GET"];
    this.asked.push(`${method} ${path}`);
    if (this.mood === "gone") throw new TypeError("Failed to fetch");
    const answer = this.answer(path, method, init);
    await this.hold;
    if (this.mood === "deaf") throw new TypeError("Failed to fetch");
    return answer;
  };

  private answer(path: string, method: string, init: RequestInit): Response {
    const json = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status });
    const body = init.body ? JSON.parse(init.body as string) : null;
    if (path === "/cases") return json([]);
    if (path === "/cases/c") return json({ id: "c", centre_mm: [1, 2, 3], structures: [], flags: [] });
    if (path === "/cases/c/results") return json({ run: { status: "none" }, strip: null });
    if (path === "/cases/c/jobs" && method === "GET") return json(this.jobs);
    if (path === "/cases/c/jobs") {
      const job: Job = { id: this.jobs.length + 1, case: "c", kind: body.kind, key: "k", state: "running", fraction: 0, text: "", attempts: 1, error: null, result: null };
      this.jobs.push(job);
      return json(job, 202);
    }
    if (method === "DELETE") {
      this.jobs = this.jobs.map((j) => (path.endsWith(`/${j.id}`) ? { ...j, state: "cancelled" } : j));
      return new Response(null, { status: 204 });
    }
    if (path === "/cases/c/plan" && method === "GET") return json(this.plan);
    const stated = Number((init.headers as Record<string, string>)["If-Match"]?.replaceAll('"', ""));
    if (stated !== this.plan.revision) {
      const [yours, theirs] = [JSON.stringify(body?.plan), JSON.stringify(this.plan.plan)];
      const difference = yours === theirs ? [] : [{ path: "probes[0].tip_mm", yours, theirs }];
      return json({ error: { code: "conflict", what: "Changed.", where: "plan", remedy: "" }, current: this.plan, difference }, 412);
    }
    if (path.endsWith("/undo")) this.at -= 1;
    else if (path.endsWith("/redo")) this.at += 1;
    else if (body.plan.protocol.steps.some((s: { duration_s: number }) => s.duration_s <= 0))
      return json({ error: { code: "plan", what: "lasts no time", where: "Protocol freeze", remedy: "Give minutes." } }, 422);
    else this.write(body.plan, body.what);
    return json(this.plan);
  }
}
