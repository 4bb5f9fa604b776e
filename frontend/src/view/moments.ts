/** Which moments of a run can be shown on the freeze clock. */
import type { Results, Step } from "../api/types";

/** A moment of the run that can be shown, and where its field lies. */
export interface Moment {
  seconds: number;
  name: string;
}

/** The moments of a run: those it kept, else (a run of the shell keeps none) the end of each freeze. */
export function momentsOf(run: Results["run"] | undefined, steps: Step[]): Moment[] {
  if (!run || run.status === "none") return [];
  if (run.frames_s.length) return run.frames_s.map((seconds) => ({ seconds, name: `at/${seconds}` }));
  // A stale run may have had other steps, and a hold belongs to its freeze.
  if (run.status !== "valid" || steps.some((s) => s.kind === "hold")) return [];
  const found: Moment[] = [];
  let end = 0;
  for (const step of steps) {
    end += step.duration_s;
    if (step.kind === "freeze") found.push({ seconds: end, name: `end_of_freeze_${found.length + 1}` });
  }
  return found;
}
