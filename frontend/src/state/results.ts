/** The run's own ice into `cold`: when it comes, when another takes its place, and when a preview is put away. */
import { effect } from "@preact/signals";
import { fetchBox } from "../api/client";
import { previewOfSaved } from "../api/live";
import { cold, dragged, openCase, results } from "./desk";
import { tell } from "./notices";

/** Case and key of the run whose ice is shown, or is on its way. */
let shownKey = "";
let coming: AbortController | null = null;

/** Whether the run's ice belongs on the screen now. */
function due(): boolean {
  const run = results.peek()?.run;
  if (!run || run.status === "none" || dragged.peek()) return false;
  return !(cold.peek()?.source === "preview" && run.status !== "valid" && previewOfSaved());
}

/** Follow the results for as long as the page is open. */
export function startResults(): void {
  effect(() => {
    const id = openCase.value?.id;
    const run = results.value?.run;
    const now = cold.value;
    if (dragged.value || !id || !run) return;
    if (run.status === "none") {
      // Ice of a run that belongs to no plan of this case must not stay on the screen unmarked.
      if (now?.source === "run") cold.value = null;
      shownKey = "";
      return;
    }
    const key = `${id}/${run.key}`;
    if (now?.source === "run" && shownKey === key) return;
    if (coming && shownKey === key) return;
    if (due()) void show(id, run.key);
  });
}

async function show(id: string, runKey: string): Promise<void> {
  coming?.abort();
  const mine = (coming = new AbortController());
  shownKey = `${id}/${runKey}`;
  try {
    const path = `/cases/${encodeURIComponent(id)}/runs/${encodeURIComponent(runKey)}/coldest.box`;
    const box = await fetchBox(path, mine.signal);
    if (coming !== mine) return;
    coming = null;
    if (openCase.peek()?.id === id && results.peek()?.run.key === runKey && due())
      cold.value = { box, source: "run", strip: results.peek()!.strip, time_s: null };
  } catch (problem) {
    if (coming !== mine) return;
    coming = null;
    if (!mine.signal.aborted) tell(`The ice of this run was not loaded. ${(problem as Error).message}`, "warn");
  }
}
