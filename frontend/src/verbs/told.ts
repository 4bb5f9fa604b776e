/** What the verbs tell, as the server sends it. */
import type { Mm } from "../api/box";
import type { PlanDocument, Status } from "../api/types";

export interface Cell {
  text: string;
  /** "", "met", "amber", "unmet", "unknown", "alert", "assumed": only repeats what the words say. */
  tone: string;
}

export interface ReportTable {
  title: string;
  head: string[];
  rows: Cell[][];
  note: string;
  lead: string;
}

export interface Curve {
  name: string;
  celsius: (number | null)[];
  share: (number | null)[];
}

export interface TimeCurves {
  times_s: (number | null)[];
  sensors_c: Record<string, (number | null)[]>;
  needle_watts: Record<string, (number | null)[]>;
  steps: { kind: string; start_s: number; duration_s: number }[];
}

export interface Told {
  run_key: string;
  assessment_key: string;
  line: string;
  status: Cell;
  setting_warning: string;
  not_assessed: string[];
  tables: Record<string, ReportTable>;
  spread_words: string;
  notes: { from: string; said: string[] }[];
  histogram: Curve[];
  sensors: TimeCurves;
}

export interface Verdict {
  run: { status: Status; key: string };
  assessment: { status: Status; key: string };
  spread: Status;
  report: Status;
  told: Told | null;
}

/** What a verb found last; `status` against the plan as it stands. */
export interface Kept<Result> {
  status: Status;
  key: string;
  options: Record<string, unknown>;
  result: Result | null;
}

export interface Change {
  change: string;
  why_not: string;
  margins_mm: Record<string, number | null>;
  structures_k: Record<string, number>;
  goals_won: string[];
  goals_lost: string[];
  breaks: string[];
}
export interface WhatIf {
  spacing_mm: number;
  changes: Change[];
  /** The changed plans; null where a change could not be made. */
  plans: (PlanDocument | null)[];
}

export interface Compared {
  spacing_mm: number;
  plans: { name: string; errors: string[]; numbers: Record<string, string | number | null> }[];
  absent: Record<string, string>;
  histograms: Record<string, Curve[]>;
  /** Behind /api. */
  picture: string;
}

export interface Way {
  tip_mm: Mm;
  entry_mm: Mm;
  depth_mm: number;
  gap_mm: number | null;
  words: string;
  price_mm: number;
  prices_mm: Record<string, number>;
}
export interface Trajectories {
  probe: string;
  directions: number;
  open_fraction: number;
  closed_by: Record<string, number>;
  not_checked: string[];
  best: Way[];
  shut: string;
  picture: string;
}

export interface Proposal {
  needles: number;
  from: string;
  minutes: number;
  margin_mm: number;
  margin_p10_mm: number;
  healthy_ml: number;
  not_met: string[];
  changed: string[];
  against_the_chosen?: string;
  probes: { name: string; probe: string; tip_mm: number[]; entry_mm: number[]; start_s: number; pull_back_mm: number }[];
}

export interface SearchFound {
  simulations: number;
  seconds: number;
  ended: string;
  intent: string;
  reason: string;
  passed_over: string[];
  chosen: Proposal;
  front: Proposal[];
}

export interface SearchTold extends Kept<SearchFound> {
  /** Each proposal as a whole plan, in the order of [chosen, ...front]. */
  plans: PlanDocument[];
  /** The best so far of a search that was stopped or still goes on. */
  best: { price_mm: number; plan: PlanDocument } | null;
}
