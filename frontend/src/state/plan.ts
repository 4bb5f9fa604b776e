/** The plan's life in the page: every change is a revision on the server; nothing that was typed or dragged is lost.
 *
 * Changes go out one after another, each made from the newest plan that this page has seen. A change that the server
 * refuses (422) or that meets another window's change (412) stays here until a person decides.
 */
import { batch, computed, signal } from "@preact/signals";
import { ServerRefusal, ask, post, putPlan } from "../api/client";
import type { CaseInfo, Conflict, Event, PlanDocument, PlanTold, Refusal, Results } from "../api/types";
import { asPlaced, cases, chosenNeedle, cold, cross, dragged, jobs, openCase, results, saved, tab } from "./desk";
import { heardJob, loadJobs, startJob } from "./jobs";
import { tell } from "./notices";

export { cancelJob, startJob } from "./jobs";

export type Change = (plan: PlanDocument) => PlanDocument;

/** A change of this page that met one of another window. */
export interface Clash {
  what: string;
  mine: PlanDocument;
  told: Conflict;
}
/** A change that the plan cannot take, with what was asked for. */
export interface Refused {
  what: string;
  asked: PlanDocument;
  refusal: Refusal;
}

export const clash = signal<Clash | null>(null);
export const refused = signal<Refused | null>(null);
/** Grows when a person has decided about a conflict or a refusal: fields then show the plan as it stands. */
export const decided = signal(0);
/** The field that shows the refusal beside what was typed; "" leaves it to the page. */
export const refusedBeside = signal("");
/** A change that waits for the server to come back. */
export const unsaved = signal<{ what: string; plan: PlanDocument } | null>(null);
/** How many changes are on their way to the server. */
export const saving = signal(0);
/** True while another window's hand has changed the plan that is shown here. It is shown when a person asks for it. */
export const elsewhere = signal(false);
/** Why the case could not be opened. */
export const opening = signal<{ id: string; failed: Refusal | null } | null>(null);

/** Where a dragged plan goes to be previewed; the live link sets itself here while it is open. */
export const liveSender: { current: { send(plan: PlanDocument): void } | null } = { current: null };

const of = (id: string) => `/cases/${encodeURIComponent(id)}`;

/** Open a case: what it is, its plan, results and jobs. */
export async function loadCase(id: string): Promise<void> {
  opening.value = { id, failed: null };
  try {
    // A run that cannot be read does not keep the plan from being opened.
    const coming = ask<Results>(`${of(id)}/results`).catch((problem: unknown) => {
      tell(`Results: ${said(problem).what}`, "warn");
      return null;
    });
    const [info, told] = await Promise.all([ask<CaseInfo>(of(id)), ask<PlanTold>(`${of(id)}/plan`), loadJobs(id)]);
    // Of a large image nobody waits for its tissues: what hangs on them comes with the patient (`reloadCase`).
    const found = info.whole ? await coming : null;
    if (opening.value?.id !== id) return;
    forget();
    cross.value = found?.strip?.margin_where_mm ?? info.centre_mm;
    chosenNeedle.value = told.plan.probes.length ? 0 : null;
    saved.value = told;
    results.value = found;
    openCase.value = info;
    opening.value = null;
    // A draft waits for its target: the tab that draws it opens.
    if (!info.has_target) tab.value = "structures";
  } catch (refusal) {
    if (opening.value?.id === id) opening.value = { id, failed: said(refusal) };
  }
}

/** Put the open case away. */
export function closeCase(): void {
  forget();
  openCase.value = null;
  saved.value = null;
  results.value = null;
  opening.value = null;
}

function forget(): void {
  letGo();
  clash.value = null;
  refused.value = null;
  unsaved.value = null;
  elsewhere.value = false;
  cold.value = null;
  asPlaced.value = false;
}

/** Read the plan as it stands on the server, in place of the one shown. */
export async function reloadPlan(): Promise<void> {
  const id = openCase.value?.id;
  if (!id) return;
  try {
    const told = await ask<PlanTold>(`${of(id)}/plan`);
    if (openCase.value?.id === id) take(told);
  } catch (refusal) {
    tell(said(refusal).what, "warn");
  }
  await reloadResults();
}

let asked = 0;

/** Read again what belongs to the plan as it stands: status of the run, numbers, verdict. */
export async function reloadResults(): Promise<void> {
  const id = openCase.value?.id;
  if (!id) return;
  await readResults(id, asPlaced.value);
}

async function readResults(id: string, placed: boolean): Promise<void> {
  const turn = ++asked;
  try {
    const found = await ask<Results>(`${of(id)}/results${placed ? "?as_placed=true" : ""}`);
    // Of two questions the later one's answer stands, whichever comes first.
    if (openCase.value?.id !== id || turn !== asked) return;
    batch(() => {
      asPlaced.value = placed;
      results.value = found;
    });
  } catch (refusal) {
    const gone = refusal instanceof ServerRefusal && refusal.status === 0;
    // The plan was changed, so the needles as placed are no more those of this plan.
    if (placed && !gone && turn === asked) await readResults(id, false);
    else if (!gone) tell(said(refusal).what, "warn");
  }
}

/** Look at the numbers and the ice of the needles AS PLACED, or of the plan; both change together. */
export async function lookAsPlaced(on: boolean): Promise<void> {
  const id = openCase.value?.id;
  if (!id || on === asPlaced.value) return;
  await readResults(id, on);
}

/** Read again what the case is (its structures have changed). */
export async function reloadCase(): Promise<void> {
  const id = openCase.value?.id;
  if (!id) return;
  const info = await ask<CaseInfo>(of(id)).catch(() => null);
  if (!info || openCase.value?.id !== id) return;
  const came = info.whole && !openCase.value.whole;
  openCase.value = info;
  if (came) await reloadPlan();
}

let line: Promise<unknown> = Promise.resolve();

/** One after another: the second change is made from what the first one gave. */
function inLine<T>(work: () => Promise<T>): Promise<T> {
  const next = line.then(work, work);
  line = next.catch(() => undefined);
  return next;
}

/** Change the plan and save it as a revision. True once the server has it. */
export function changePlan(change: Change, what: string): Promise<boolean> {
  void settle();
  return inLine(async () => {
    const from = saved.value;
    if (!from || clash.value) return false;
    const waiting = unsaved.value;
    return save(from, change(waiting?.plan ?? from.plan), waiting ? `${waiting.what}; ${what}` : what);
  });
}

/** Show the plan as it lies under the hand, and ask for its preview. Nothing is saved. */
export function dragPlan(plan: PlanDocument): void {
  // What is dragged is the plan.
  if (asPlaced.value) void lookAsPlaced(false);
  dragged.value = plan;
  liveSender.current?.send(plan);
}

/** The hand has let go: save what was dragged, and start the full run at once. */
export function dropPlan(what: string): Promise<boolean> {
  const plan = dragged.value;
  if (!plan) return Promise.resolve(false);
  return inLine(async () => {
    const from = saved.value;
    if (!from || clash.value) return false;
    const done = await save(from, plan, what);
    if (done) {
      if (dragged.value === plan) dragged.value = null;
      await startJob("simulate", {});
    }
    return done;
  });
}

/** Let go without a change: back to the plan as saved. */
export function letGo(): void {
  clearTimeout(resting);
  nudged = "";
  dragged.value = null;
}

/** Move by keys: previewed at each stroke, saved (and simulated) once the keys rest. */
const REST_MS = 700;
let resting: ReturnType<typeof setTimeout> | undefined;
let nudged = "";

export function nudgePlan(change: Change, what: string): void {
  const now = dragged.value ?? saved.value?.plan;
  if (!now || clash.value) return;
  nudged = what;
  dragPlan(change(now));
  clearTimeout(resting);
  resting = setTimeout(() => void settle(), REST_MS);
}

/** Save at once what was moved by keys. */
export function settle(): Promise<boolean> {
  clearTimeout(resting);
  const what = nudged;
  nudged = "";
  return what ? dropPlan(what) : Promise.resolve(true);
}

export const undo = (): Promise<boolean> => step("undo");
export const redo = (): Promise<boolean> => step("redo");

function step(way: "undo" | "redo"): Promise<boolean> {
  void settle();
  return inLine(async () => {
    const from = saved.value;
    if (!from || !(way === "undo" ? from.can_undo : from.can_redo)) return false;
    return send(from, null, way === "undo" ? "Undo" : "Redo", () =>
      ask<PlanTold>(`${of(from.case)}/plan/${way}`, {
        method: "POST",
        headers: { "If-Match": `"${from.revision}"` },
      }),
    );
  });
}

function save(from: PlanTold, plan: PlanDocument, what: string): Promise<boolean> {
  return send(from, plan, what, () => putPlan(from.case, from.revision, plan, what));
}

async function send(
  from: PlanTold,
  plan: PlanDocument | null,
  what: string,
  door: () => Promise<PlanTold>,
): Promise<boolean> {
  saving.value += 1;
  try {
    const told = await door();
    if (openCase.value?.id !== from.case) return true;
    refused.value = null;
    refusedBeside.value = "";
    waited();
    take(told);
    if (told.run_key !== from.run_key) markOld();
    void reloadResults();
    return true;
  } catch (problem) {
    if (openCase.value?.id === from.case) await stumbled(problem, plan, what, from);
    return false;
  } finally {
    saving.value -= 1;
  }
}

async function stumbled(problem: unknown, plan: PlanDocument | null, what: string, from: PlanTold): Promise<void> {
  const status = problem instanceof ServerRefusal ? problem.status : -1;
  const conflict = problem instanceof ServerRefusal ? problem.conflict : null;
  if (conflict && !conflict.difference.length) {
    // The server had saved it; only its answer was lost.
    unsaved.value = null;
    dragged.value = null;
    take(conflict.current);
  } else if (conflict && plan) {
    waited();
    clash.value = { what, mine: changedByHand(plan, from), told: conflict };
  } else if (conflict) {
    elsewhere.value = true;
    tell(`${what} was not done: the plan was changed in another window.`, "warn");
  } else if (status === 0 && plan) {
    // Shown as it will be saved, and what is done meanwhile is built on it.
    if (!dragged.value || dragged.value === unsaved.value?.plan) dragged.value = plan;
    unsaved.value = { what, plan };
  } else if (status === 422 && plan) {
    refusedBeside.value = "";
    refused.value = { what, asked: plan, refusal: said(problem) };
  } else {
    const { what: sentence, remedy } = said(problem);
    tell(`${what} was not saved. ${sentence} ${remedy}`, "warn");
  }
}

/** Nothing waits for the server any more. */
function waited(): void {
  if (unsaved.value && dragged.value === unsaved.value.plan) dragged.value = null;
  unsaved.value = null;
}

/** A changed plan is no more what a machine made or a person accepted; over another window's plan the server cannot see that. */
const changedByHand = (plan: PlanDocument, from: PlanTold): PlanDocument =>
  plan.review === from.plan.review ? { ...plan, review: "edited" } : plan;

/** Until the server has told again: the run shown is of the plan before, and must not pass for this one's. */
function markOld(): void {
  const now = results.value;
  if (now?.run.status === "valid") results.value = { ...now, run: { ...now.run, status: "stale" } };
}

function take(told: PlanTold): void {
  // A preview belongs to the plan that was dragged; what undo or another change gives is another plan.
  if (dragged.value === null && cold.value?.source === "preview" && told.run_key !== saved.value?.run_key) cold.value = null;
  saved.value = told;
  elsewhere.value = false;
  const count = told.plan.probes.length;
  if (chosenNeedle.value !== null && chosenNeedle.value >= count) chosenNeedle.value = count ? count - 1 : null;
  if (chosenNeedle.value === null && count) chosenNeedle.value = 0;
}

/** Conflict: go on from the other window's plan. One's own is kept at hand. */
export function takeTheirs(): void {
  const { mine, told, what } = clash.value!;
  clash.value = null;
  decided.value += 1;
  dragged.value = null;
  take(told.current);
  void reloadResults();
  tell(`Their plan is shown. Yours (“${what}”) is kept.`, "warn", {
    label: "Bring mine back",
    run: () => void changePlan(() => mine, what),
  });
}

/** Conflict: save one's own plan as the next revision; theirs stays one undo away. */
export function writeMine(): Promise<boolean> {
  const { mine, told, what } = clash.value!;
  clash.value = null;
  decided.value += 1;
  take(told.current);
  return inLine(async () => {
    const done = await save(told.current, mine, what);
    if (done && dragged.value) {
      dragged.value = null;
      await startJob("simulate", {});
    }
    return done;
  });
}

/** Put away what was refused; the plan is as saved. */
export function dropRefused(): void {
  refused.value = null;
  refusedBeside.value = "";
  dragged.value = null;
  decided.value += 1;
}

/** What the server tells while the page is open. */
export function heardEvent(event: Event): void {
  const id = openCase.value?.id;
  if (event.type === "job") heardJob(event.job);
  else if (event.case !== id) void reloadCases();
  else if (event.type === "plan") lookElsewhere(event.revision);
  else if (event.type === "results") void reloadResults();
  else void reloadCase().then(reloadResults);
}

/** The server is there, perhaps again: save what waits, and ask what happened meanwhile. */
export async function serverCame(): Promise<void> {
  void reloadCases();
  const id = openCase.value?.id;
  if (!id) {
    if (opening.value?.failed) await loadCase(opening.value.id);
    return;
  }
  const waiting = unsaved.value;
  if (waiting) {
    const before = saved.value?.run_key;
    const done = await inLine(async () => (saved.value ? save(saved.value, waiting.plan, waiting.what) : false));
    if (done && saved.value?.run_key !== before && saved.value?.plan.probes.length) await startJob("simulate", {});
  }
  await Promise.all([reallyElsewhere(), reloadResults(), loadJobs(id)]).catch(() => undefined);
}

/** An event may come before the answer to one's own change, so ask once things are quiet. */
const QUIET_MS = 400;
let asking: ReturnType<typeof setTimeout> | undefined;

function lookElsewhere(revision: number): void {
  clearTimeout(asking);
  if (revision !== saved.value?.revision) asking = setTimeout(() => void reallyElsewhere(), QUIET_MS);
}

async function reallyElsewhere(): Promise<void> {
  const id = openCase.value?.id;
  if (!id || saving.value) return;
  const told = await ask<PlanTold>(`${of(id)}/plan`).catch(() => null);
  if (told && openCase.value?.id === id && !saving.value && !clash.value)
    elsewhere.value = told.revision !== saved.value?.revision;
}

export async function reloadCases(): Promise<void> {
  const rows = await ask<typeof cases.value>("/cases").catch(() => null);
  if (rows) cases.value = rows;
}

/** Make the bundled demo case and open it. */
export async function openDemo(which: string): Promise<void> {
  const { id } = await post<{ id: string }>("/cases/demo", { case: which });
  await loadCase(id);
  void reloadCases();
}

/** What a failure says, whatever it was. */
export function said(problem: unknown): Refusal {
  if (problem instanceof ServerRefusal) return problem.refusal;
  const what = problem instanceof Error ? problem.message : String(problem);
  return { code: "page", what, where: "", remedy: "Reload the page; if it happens again, report it." };
}

/** Jobs of the open case that still work. */
export const working = computed(() =>
  jobs.value.filter((j) => j.case === openCase.value?.id && (j.state === "queued" || j.state === "running")),
);
