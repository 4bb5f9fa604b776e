/** What lies on the desk: the open case, its plan and its results. Everything on the page reads these signals. */
import { computed, signal } from "@preact/signals";
import type { Box, Mm } from "../api/box";
import type { CaseInfo, CaseRow, Job, PlanDocument, PlanTold, Results, Strip } from "../api/types";

export const cases = signal<CaseRow[] | null>(null);
export const openCase = signal<CaseInfo | null>(null);
export const image = signal<Box | null>(null);

/** The plan as saved, and the plan under the hand while something is dragged (null when nothing is). */
export const saved = signal<PlanTold | null>(null);
export const dragged = signal<PlanDocument | null>(null);
export const plan = computed<PlanDocument | null>(() => dragged.value ?? saved.value?.plan ?? null);

export const results = signal<Results | null>(null);
/** Whether these results, with their ice and numbers, are of the needles AS PLACED instead of the plan. */
export const asPlaced = signal(false);

/** The coldest temperature (°C) everywhere: of the preview while dragging, else of the run; stale where it is old. */
export interface Cold {
  box: Box;
  source: "preview" | "run";
  strip: Strip | null;
  /** Seconds since the first freeze where one moment is shown; null for the coldest ever reached. */
  time_s: number | null;
}
export const cold = signal<Cold | null>(null);

/** Which needle is chosen (index into plan.probes), where the planes cross, and what lies under the mouse. */
export const chosenNeedle = signal<number | null>(0);
export const cross = signal<Mm>([0, 0, 0]);
export const cursor = signal<Mm | null>(null);

export type TabName = "plan" | "structures" | "results" | "search" | "compare" | "whatif" | "trajectories" | "placed" | "report" | "cases";
export const tab = signal<TabName>("plan");

export const jobs = signal<Job[]>([]);

/** Boxes of structures by key, loaded when first shown; and how each is shown. */
export interface Shown {
  visible: boolean;
  colour: string;
}
export const shown = signal<Record<string, Shown>>({});
export const masks = signal<Record<string, Box>>({});
