/** Work that the server does aside: started, followed, cancelled. */
import { ServerRefusal, ask, post, remove } from "../api/client";
import type { Job } from "../api/types";
import { jobs, openCase } from "./desk";
import { tell } from "./notices";

const WORDS: Record<string, string> = {
  simulate: "Simulation",
  assess: "Verdict",
  spread: "Spread of what is not known",
  search: "Search",
  "what-if": "What-if",
  compare: "Comparison",
  report: "Report",
  trajectories: "Trajectory map",
  "as-placed": "Needles as placed",
  "placed-run": "Run AS PLACED",
  observed: "Observed ice beside the prediction",
};

export const jobWords = (kind: string): string => WORDS[kind] ?? kind;
export const isWorking = (job: Job): boolean => job.state === "queued" || job.state === "running";

/** Start a job of the open case; null where it was refused (the page says why). A new simulation replaces an older one. */
export async function startJob(kind: string, options: Record<string, unknown> = {}): Promise<Job | null> {
  const id = openCase.value?.id;
  if (!id) return null;
  try {
    const job = await post<Job>(`/cases/${encodeURIComponent(id)}/jobs`, { kind, options });
    heardJob(job);
    if (kind === "simulate") {
      const older = jobs.value.filter((j) => j.case === id && j.kind === kind && j.id < job.id && isWorking(j));
      for (const old of older) void remove(`/jobs/${old.id}`).catch(() => undefined);
    }
    return job;
  } catch (problem) {
    const words = problem instanceof ServerRefusal ? problem.message : String(problem);
    tell(`${jobWords(kind)} was not started. ${words}`, "warn");
    return null;
  }
}

export async function cancelJob(id: number): Promise<void> {
  try {
    await remove(`/jobs/${id}`);
  } catch (problem) {
    tell(problem instanceof ServerRefusal ? problem.message : String(problem), "warn");
  }
}

/** A job as the server tells it now. */
export function heardJob(job: Job): void {
  const before = jobs.value.find((j) => j.id === job.id);
  // An answer may overtake an event: what has ended does not work again, except in a further attempt.
  if (before && !isWorking(before) && isWorking(job) && job.attempts <= before.attempts) return;
  jobs.value = before ? jobs.value.map((j) => (j.id === job.id ? job : j)) : [...jobs.value, job];
  if (job.state === "failed" && before?.state !== "failed" && job.case === openCase.value?.id)
    tell(`${jobWords(job.kind)} failed. ${job.error ? `${job.error.what} ${job.error.remedy}` : ""}`, "warn");
}

/** All jobs of a case, as they stand. */
export async function loadJobs(id: string): Promise<void> {
  const found = await ask<Job[]>(`/cases/${encodeURIComponent(id)}/jobs`);
  jobs.value = [...jobs.value.filter((j) => j.case !== id), ...found];
}
