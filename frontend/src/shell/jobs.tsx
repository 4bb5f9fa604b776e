/** The work going on: how far, and a way to end it. */
import { useState } from "preact/hooks";
import { jobs, openCase } from "../state/desk";
import { cancelJob, isWorking, jobWords } from "../state/jobs";
import { working } from "../state/plan";

export function Jobs() {
  const [open, setOpen] = useState(false);
  const now = working.value;
  const ended = jobs.value.filter((j) => j.case === openCase.value?.id && !isWorking(j)).slice(-6);
  // What waits for tissues is not done yet, though no job works.
  if (openCase.value?.whole === false)
    return (
      <p class="reading" role="status" data-test="reading-patient" title="The slices can be looked at and drawn on meanwhile.">
        Telling tissues apart… <progress aria-label="Telling tissues apart" />
      </p>
    );
  if (!now.length && !ended.length) return null;
  const first = now[0];
  return (
    <div
      class="jobs"
      onKeyDown={(e) => e.key === "Escape" && setOpen(false)}
      onFocusOut={(e) => e.relatedTarget instanceof Node && !e.currentTarget.contains(e.relatedTarget) && setOpen(false)}
    >
      <button type="button" aria-expanded={open} data-test="jobs" onClick={() => setOpen(!open)}>
        {first ? `${jobWords(first.kind)} ${Math.round(first.fraction * 100)} %${now.length > 1 ? ` +${now.length - 1}` : ""}` : "Jobs"}
      </button>
      {open && (
        <ul class="jobs-list" aria-label="Jobs of this case">
          {[...now, ...[...ended].reverse()].map((job) => (
            <li key={job.id} class={`job-${job.state}`}>
              <b>{jobWords(job.kind)}</b>
              <span class="job-state">{job.state === "running" ? job.text || "running" : job.state}</span>
              {isWorking(job) && <progress max={1} value={job.fraction} aria-label={`${jobWords(job.kind)} progress`} />}
              {isWorking(job) && (
                <button type="button" data-test={`cancel-job-${job.id}`} onClick={() => void cancelJob(job.id)}>
                  Cancel
                </button>
              )}
              {job.error && (
                <span class="job-error">
                  {job.error.what} {job.error.remedy}
                </span>
              )}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
