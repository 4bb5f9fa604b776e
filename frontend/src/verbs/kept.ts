/** What a verb found, read from the server and read again when the plan, its results or its jobs change. */
import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ServerRefusal, ask } from "../api/client";
import type { Refusal } from "../api/types";
import { jobs, openCase, results, saved } from "../state/desk";
import { isWorking } from "../state/jobs";
import { said } from "../state/plan";

export interface Reading<T> {
  /** The case that it was read of. */
  of: string;
  value: T | null;
  failed: Refusal | null;
}

const readings = new Map<string, Signal<Reading<unknown> | null>>();

/** The answer of GET /cases/{id}/{path}: null until it is there. What was read last stays while it is read again. */
export function useTold<T>(path: string, kinds: string[], also = ""): ReadonlySignal<Reading<T> | null> {
  if (!readings.has(path)) readings.set(path, signal(null));
  const reading = readings.get(path)! as Signal<Reading<T> | null>;
  const id = openCase.value?.id ?? "";
  const ended = jobs.value.filter((j) => j.case === id && kinds.includes(j.kind) && !isWorking(j)).length;
  const run = results.value ? `${results.value.run.key} ${results.value.run.status} ${results.value.assessment.key}` : "";
  const revision = saved.value?.revision ?? 0;
  useEffect(() => {
    if (!id) return;
    if (reading.peek()?.of !== id) reading.value = null;
    let over = false;
    ask<T>(`/cases/${encodeURIComponent(id)}/${path}`)
      .then((value) => !over && (reading.value = { of: id, value, failed: null }))
      .catch((problem: unknown) => {
        if (over || (problem instanceof ServerRefusal && problem.status === 0)) return;
        reading.value = { of: id, value: null, failed: said(problem) };
      });
    return () => {
      over = true;
    };
  }, [id, path, ended, run, revision, also]);
  return reading;
}

/** The job of a kind that works for the open case now. */
export const workingOn = (kind: string) =>
  jobs.value.find((j) => j.case === openCase.value?.id && j.kind === kind && isWorking(j)) ?? null;
