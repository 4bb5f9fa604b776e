/** The feed of previews: each position of a dragged needle goes out, the newest ice comes back.
 *
 * A preview is shown while something is dragged, and after the drop until the full run of that very plan is there. It
 * is never reported or exported: the server keeps none.
 */
import { effect, signal } from "@preact/signals";
import { cold, dragged, jobs, openCase, results, saved, type Cold } from "../state/desk";
import { cancelJob, startJob } from "../state/jobs";
import { liveSender } from "../state/plan";
import { painted } from "../state/view";
import { readBox } from "./box";
import type { PlanDocument, PreviewOff, PreviewTold, Refusal } from "./types";

/** Wishes on their way at most: one that is answered while the next already waits there. */
const MOST_OUT = 2;
/** An answer that has not come by then is not waited for. */
const LOST_MS = 1000;
const FIRST_WAIT_MS = 300;
const LONGEST_WAIT_MS = 4000;
/** So many timings are kept for proofs. */
const MOST_KEPT = 4000;

interface Wish {
  seq: number;
  plan: PlanDocument;
  moved: number;
  sent: number;
}

/** Why the last wish could not be previewed; null where it was. */
export const previewRefused = signal<Refusal | null>(null);

/** Of the last preview: how far the full run may be from it. */
export const previewOff = signal<PreviewOff | null>(null);

export class LiveLink {
  private socket: WebSocket | null = null;
  private waiting: Wish | null = null;
  private out = new Map<number, Wish>();
  private asked = new Map<number, Wish>();
  private last = 0;
  private seq = 0;
  private wait = FIRST_WAIT_MS;
  private again: ReturnType<typeof setTimeout> | undefined;
  private later: ReturnType<typeof setTimeout> | undefined;
  private closed = false;
  private shownPlan: PlanDocument | null = null;

  constructor(private readonly id: string) {
    this.open();
  }

  /** Wish for the preview of a plan. Of those that wait only the newest goes out. */
  send(plan: PlanDocument): void {
    this.waiting = { seq: ++this.seq, plan, moved: performance.now(), sent: 0 };
    this.flush();
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.again);
    clearTimeout(this.later);
    this.socket?.close();
  }

  /** Whether the preview that is shown is one of this plan. */
  shows(plan: PlanDocument | undefined): boolean {
    return !!plan && !!this.shownPlan && sameIce(this.shownPlan, plan);
  }

  private open(): void {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/api/live/${encodeURIComponent(this.id)}`);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      this.wait = FIRST_WAIT_MS;
      this.out.clear();
      this.flush();
    };
    socket.onmessage = (message: MessageEvent<ArrayBuffer | string>) => {
      if (typeof message.data === "string") this.refused(JSON.parse(message.data) as { seq: number; error: Refusal });
      else this.came(message.data);
    };
    socket.onclose = () => {
      if (this.closed) return;
      this.again = setTimeout(() => this.open(), this.wait);
      this.wait = Math.min(this.wait * 2, LONGEST_WAIT_MS);
    };
    this.socket = socket;
  }

  private flush(): void {
    const now = performance.now();
    for (const [seq, wish] of this.out) if (now - wish.sent > LOST_MS) this.out.delete(seq);
    const wish = this.waiting;
    if (!wish || this.socket?.readyState !== WebSocket.OPEN) return;
    if (this.out.size >= MOST_OUT) {
      clearTimeout(this.later);
      this.later = setTimeout(() => this.flush(), LOST_MS);
      return;
    }
    this.waiting = null;
    wish.sent = now;
    this.out.set(wish.seq, wish);
    this.asked.set(wish.seq, wish);
    if (this.asked.size > 200) this.asked.delete(this.asked.keys().next().value!);
    this.socket.send(JSON.stringify({ seq: wish.seq, probes: wish.plan.probes, protocol: wish.plan.protocol }));
  }

  private came(bytes: ArrayBuffer): void {
    const arrived = performance.now();
    const box = readBox(bytes);
    const told = box.header as unknown as PreviewTold;
    const wish = this.answered(told.seq);
    if (!wish || told.seq < this.last || !this.wanted(wish)) return;
    this.last = told.seq;
    this.shownPlan = wish.plan;
    previewRefused.value = null;
    previewOff.value = told.off;
    const shown: Cold = { box, source: "preview", strip: told.numbers, time_s: null };
    unpainted.set(shown, { moved: wish.moved, sent: wish.sent, arrived });
    cold.value = shown;
  }

  private refused(told: { seq: number; error: Refusal }): void {
    this.answered(told.seq);
    if (told.seq >= this.last) previewRefused.value = told.error;
  }

  /** The wish that was answered; those before it are answered by nobody. */
  private answered(seq: number): Wish | undefined {
    for (const earlier of [...this.out.keys()]) if (earlier <= seq) this.out.delete(earlier);
    this.flush();
    return this.asked.get(seq);
  }

  /** A late preview never covers what belongs to the plan as it stands. */
  private wanted(wish: Wish): boolean {
    if (dragged.peek()) return true;
    return results.peek()?.run.status !== "valid" && sameIce(wish.plan, saved.peek()?.plan);
  }
}

/** Whether two plans freeze alike, as far as a preview knows. */
export function sameIce(a: PlanDocument, b: PlanDocument | undefined): boolean {
  return !!b && JSON.stringify(ice(a)) === JSON.stringify(ice(b));
}

const round = (values: readonly number[]) => values.map((v) => Math.round(v * 1000));
const ice = (plan: PlanDocument) => [
  plan.probes.map((p) => [p.probe, round(p.tip_mm), round(p.entry_mm), p.start_s ?? 0, p.active_mm ?? null]),
  plan.protocol.steps.map((s) => [s.kind, s.duration_s]),
];

/** Previews that are set but not painted yet. */
const unpainted = new WeakMap<Cold, { moved: number; sent: number; arrived: number }>();

/** Write down when a preview stood on the screen: the first painting that shows it. */
function noteDrawn(): void {
  const last = painted.value;
  const times = last?.cold && unpainted.get(last.cold);
  if (!times) return;
  unpainted.delete(last.cold!);
  const page = (window.iceball ??= {});
  const kept = (page.latency ??= []);
  kept.push({ ...times, drawn: last.at });
  if (kept.length > MOST_KEPT) kept.shift();
  performance.measure("preview", { start: times.moved, end: last.at });
}

let link: LiveLink | null = null;

/** Whether a preview of the plan as saved is on the screen, until its run is there. */
export const previewOfSaved = (): boolean => link?.shows(saved.peek()?.plan) ?? false;

/** Keep a link open to the case that is open; a drag stops the run that it makes useless. */
export function startLive(): void {
  effect(noteDrawn);
  effect(() => {
    const id = openCase.value?.id;
    link?.close();
    link = id ? new LiveLink(id) : null;
    liveSender.current = link;
    previewRefused.value = null;
  });
  let stopped = false;
  effect(() => {
    const held = dragged.value !== null;
    const id = openCase.peek()?.id;
    if (!held) {
      // Let go without a change: the run that was stopped is still wanted.
      if (stopped && id && results.peek()?.run.status !== "valid") queueMicrotask(() => void again(id));
      stopped = false;
      return;
    }
    for (const job of jobs.peek())
      if (!stopped && job.case === id && job.kind === "simulate" && (job.state === "queued" || job.state === "running")) {
        stopped = true;
        void cancelJob(job.id);
      }
  });
}

async function again(id: string): Promise<void> {
  await new Promise((done) => setTimeout(done, 300));
  const busy = jobs.peek().some((j) => j.case === id && j.kind === "simulate" && (j.state === "queued" || j.state === "running"));
  if (!busy && openCase.peek()?.id === id && !dragged.peek() && results.peek()?.run.status !== "valid")
    await startJob("simulate", {});
}
