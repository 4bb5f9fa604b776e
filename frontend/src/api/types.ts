/** What the server says and takes. Positions are LPS mm, times seconds, temperatures °C. */
import type { Mm } from "./box";

export type Status = "valid" | "stale" | "none";

export interface Refusal {
  code: string;
  what: string;
  where: string;
  remedy: string;
}

export interface CaseRow {
  id: string;
  title: string;
  organ: string;
  flags: string[];
  has_target: boolean;
  needles: number;
  review: string;
  modified: string;
  /** Of the newest run against the plan as it stands. */
  run: Status;
  /** Why the case cannot be read; null where it can. */
  error: Refusal | null;
}

export interface StructureRow {
  name: string;
  origin: string;
  /** "mask", "sphere", "ellipsoid", "box", "points", "polyline" or "label" (of the organ labels: not editable). */
  kind: string;
  target: boolean;
  volume_ml: number | null;
  /** Changes with the structure's shape; part of the address of its box, so that the browser may keep it. */
  key: string;
}

export interface CaseInfo {
  id: string;
  title: string;
  organ: string;
  flags: string[];
  notes: string[];
  quantity: string;
  patient_position: string;
  image_key: string;
  has_target: boolean;
  /** False while the patient is still being read: image and what is drawn are here, tissues and results come. */
  whole: boolean;
  structures: StructureRow[];
  /** LPS mm of the target's centre, or of the image's. */
  centre_mm: Mm;
}

export interface Step {
  kind: "freeze" | "thaw" | "active_thaw" | "hold";
  duration_s: number;
  duty?: number;
}

export interface Needle {
  probe: string;
  tip_mm: Mm;
  entry_mm: Mm;
  protocol?: { steps: Step[] } | null;
  name?: string;
  start_s?: number;
  channel?: string;
  active_mm?: number | null;
  bone_access?: string;
  pull_back_mm?: number;
}

/** The plan as `iceball schema plan` describes it; what the page does not know it sends back as it came. */
export interface PlanDocument {
  probes: Needle[];
  protocol: { steps: Step[] };
  goals: Record<string, unknown>[];
  review: string;
  [more: string]: unknown;
}

export interface Finding {
  severity: string;
  what: string;
  where: string;
}

export interface NeedleTold {
  name: string;
  depth_mm: number;
  active_zone_mm: [Mm, Mm];
  /** Degrees out of the axial plane, and against gravity (null where the position is unknown). */
  off_axial_deg: number;
  to_gravity_deg: number | null;
}

export interface PlanTold {
  case: string;
  revision: number;
  what: string;
  plan: PlanDocument;
  run_key: string;
  assessment_key: string;
  can_undo: boolean;
  can_redo: boolean;
  needles: NeedleTold[];
  findings: Finding[];
  /** True while the plan was not checked yet: no findings does not mean that there are none. */
  checking?: boolean;
}

/** 412: the plan was changed elsewhere since it was read. */
export interface Conflict {
  error: Refusal;
  current: PlanTold;
  difference: { path: string; yours: unknown; theirs: unknown }[];
}

export interface Strip {
  margin_min_mm: number | null;
  margin_p10_mm: number | null;
  margin_reason: string;
  margin_where_mm: Mm | null;
  /** Fraction of the target that got at most -20 °C. */
  coverage_20: number | null;
  nearest: {
    name: string;
    distance_mm: number | null;
    coldest_c: number | null;
    /** When it first came to 0 °C, seconds from the first freeze; null where it did not. */
    reached_s?: number | null;
    status: string;
    words: string;
  } | null;
  ice_ml: number | null;
  flags: string[];
}

export interface Results {
  run: {
    status: Status;
    key: string;
    seconds: number | null;
    spacing_mm: number | null;
    /** True while only the nominal run is there and its bounds are still made. */
    nominal_only: boolean;
    /** Times of which a field can be shown (s). */
    frames_s: number[];
  };
  strip: Strip | null;
  /** The whole assessment as `iceball assess --json`, and whether it belongs to the plan as it stands. */
  assessment: { status: Status; key: string; verdict: Record<string, unknown> | null };
  spread: Status;
  search: Status;
  report: Status;
}

export type JobState = "queued" | "running" | "done" | "failed" | "cancelled";

export interface Job {
  id: number;
  case: string;
  kind: string;
  key: string;
  state: JobState;
  fraction: number;
  text: string;
  attempts: number;
  error: Refusal | null;
  result: unknown;
}

export type Event =
  | { type: "job"; job: Job }
  | { type: "plan"; case: string; revision: number }
  | { type: "results"; case: string }
  | { type: "case"; case: string };

/** Of a preview's numbers: the least margin within so many mm, volumes within so many per cent. */
export interface PreviewOff {
  margin_mm: number;
  volume_percent: number;
}

/** What rides in the header of a preview's box. */
export interface PreviewTold {
  seq: number;
  numbers: Strip;
  seconds: number;
  /** "physics": a coarse run of this very plan; "carried": the last such run, moved along with its needles. */
  by: "physics" | "carried";
  /** How far a needle has moved since the run that was carried along. */
  carried_mm: number;
  /** How far the full run may be from these numbers. */
  off: PreviewOff;
}

/** A kind of needle that can be chosen (GET /probes). */
export interface Card {
  name: string;
  label: string;
  gauge: string;
  diameter_mm: number;
  cryogen: string;
  active_mm: number;
  active_least_mm: number | null;
  active_most_mm: number | null;
  standoff_mm: number;
  usable_mm: number;
  duty_least: number;
  handle: string;
  mr: string;
  thaw: string;
  can_thaw: boolean;
  /** Which of its numbers were not read. */
  assumed: string[];
  charts_read: number;
}

/** A protocol that packs propose (GET /protocols). */
export interface Preset {
  label: string;
  words: string;
  steps: Step[];
  /** Why, by organ. */
  reasons: Record<string, string>;
  assumed: boolean;
}

export interface SourcedNumber {
  name: string;
  value: number;
  low: number;
  high: number;
  unit: string;
  kind: string;
  source: string;
  date: string;
}

export interface LimitShown {
  structure: string;
  words: string;
  assumed: boolean;
  numbers: SourcedNumber[];
}

/** What an organ's pack proposes and limits (GET /packs/{organ}). */
export interface PackShown {
  name: string;
  label: string;
  applicators: string[];
  reviewer: string;
  goals: Goal[];
  goal_words: string[];
  limits: LimitShown[];
  protocol: Step[];
  reason: string;
  preferred_margin_mm: number | null;
  expected: string[];
  numbers: SourcedNumber[];
}

/** A goal as `iceball schema plan` describes it. */
export type Goal =
  | { kind: "cover"; structure: string; below: number; margin_mm?: number; fraction?: number; capsule?: boolean }
  | { kind: "spare"; structure: string; above?: number; distance_mm?: number }
  | { kind: "limit"; quantity: string; at_most: number }
  | { kind: "treat"; below?: number; depth_mm?: number; cycles?: number; fraction?: number };

/** A name as the plan holds it, and as people say it. */
export interface NamedChoice {
  name: string;
  label: string;
}

export interface WarmerCard extends NamedChoice {
  place: "lumen" | "skin";
  temperature_c: number;
  least_c: number;
  most_c: number;
  radius_mm: number;
  least_radius_mm: number;
  most_radius_mm: number;
  assumed: string[];
}

export interface SprayCard extends NamedChoice {
  vents: boolean;
  radius_mm: number;
  least_radius_mm: number;
  most_radius_mm: number;
  assumed: string[];
}

/** What fields of a plan may name (GET /choices). */
export interface Choices {
  fluids: NamedChoice[];
  warmers: WarmerCard[];
  sprays: SprayCard[];
  deaths: NamedChoice[];
}
