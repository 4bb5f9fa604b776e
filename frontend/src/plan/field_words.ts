/** How fields of a plan are called and measured where people read them. A name holds its unit: `thickness_mm`. */

export interface FieldWords {
  label: string;
  unit: string;
  /** So much of the plan's unit is one of the shown unit: 60 for seconds shown as minutes. */
  per: number;
  step: number;
  digits: number;
  /** What an empty field means. */
  none: string;
  /** It takes the whole width: a place, or long words. */
  wide: boolean;
}

const UNITS: [string, Pick<FieldWords, "unit" | "per" | "step" | "digits">][] = [
  ["_m_s", { unit: "cm/s", per: 0.01, step: 1, digits: 1 }],
  ["_mm", { unit: "mm", per: 1, step: 1, digits: 1 }],
  ["_bar", { unit: "bar", per: 1, step: 5, digits: 1 }],
  ["_s", { unit: "s", per: 1, step: 5, digits: 1 }],
  ["_c", { unit: "°C", per: 1, step: 1, digits: 1 }],
];
const MINUTES = { unit: "min", per: 60, step: 0.5, digits: 2 };

/** By part and field; a field that has no words here is called by its name. */
export const WORDS: Record<string, Record<string, Partial<FieldWords>>> = {
  Pocket: {
    structure: { label: "Moves" },
    away_from: { label: "Away from" },
    fluid: { label: "Filled with" },
    thickness_mm: { label: "Thickness" },
    start_c: { label: "Temperature", none: "as the room" },
    direction: { label: "Direction", none: "the shortest way", wide: true },
    footprint_mm: { label: "Full thickness over", none: "where needed" },
    thins_to_mm: { label: "May thin to", none: "keeps" },
  },
  Warming: {
    warmer: { label: "Warmer", wide: true },
    structure: { label: "Lies in" },
    centre_mm: { label: "Middle on the skin", wide: true },
    radius_mm: { label: "Radius", none: "card's own" },
    start_s: { label: "Starts at", none: "at once", ...MINUTES },
    duration_s: { label: "Warms for", none: "until the end", ...MINUTES },
    temperature_c: { label: "Set to", none: "card's own" },
  },
  Vessel: {
    structure: { label: "Drawn vessel" },
    line_mm: { label: "Middle line, in the order of the flow", wide: true },
    diameter_mm: { label: "Diameter", none: "as drawn" },
    speed_m_s: { label: "Mean speed", none: "by its width" },
    share: { label: "Flow left", unit: "%", per: 0.01, step: 10, digits: 0 },
    blood_c: { label: "Blood", none: "body's own" },
    name: { label: "Name" },
  },
  Spot: {
    applicator: { label: "Spray or disc", wide: true },
    centre_mm: { label: "Middle on the surface", wide: true },
    dwell_s: { label: "Each freeze" },
    start_s: { label: "Starts at", none: "at once", ...MINUTES },
    thaw_s: { label: "Thaw after it" },
    cycles: { label: "Freezes", step: 1, digits: 0 },
    radius_mm: { label: "Radius", none: "card's own" },
    device: { label: "Device" },
    name: { label: "Name" },
  },
  OwnLimit: {
    structure: { label: "Structure" },
    stop_c: { label: "Stop at", none: "pack's" },
    stop_mm: { label: "Stop, ice nearer than", none: "pack's" },
    alarm_c: { label: "Alarm at", none: "pack's" },
    alarm_mm: { label: "Alarm, ice nearer than", none: "pack's" },
    by: { label: "Changed by" },
    reason: { label: "Why", wide: true },
    date: { label: "When" },
  },
  Setting: {
    side: { label: "Side" },
    procedure_position: { label: "Patient lies" },
    image_breathing: { label: "Breathing, image" },
    procedure_breathing: { label: "Breathing, procedure" },
    bore_mm: { label: "Scanner's opening", none: "700, assumed", step: 10, digits: 0 },
  },
  Template: {
    hole_a1_mm: { label: "Hole A1", wide: true },
    into: { label: "Into the body", wide: true },
    up: { label: "From row 1 to row 2", wide: true },
  },
  "": {
    kill: { label: "Law of cell death", wide: true },
    supply_bar: { label: "Argon supply", none: "cards' own" },
    vent: { label: "Gas leaves by" },
    vessel_walls: { label: "Labelled vessels of 3 mm and more keep their walls warm", wide: true },
    reason: { label: "Why the plan is so", wide: true },
  },
};

/** Words of what a field may be set to, where the plan's own are not those of people. */
export const OPTIONS: Record<string, string> = {
  L: "left",
  R: "right",
  "": "not said",
  HFS: "on the back, head first",
  HFP: "on the belly, head first",
  HFDL: "on the left side, head first",
  HFDR: "on the right side, head first",
  FFS: "on the back, feet first",
  FFP: "on the belly, feet first",
  FFDL: "on the left side, feet first",
  FFDR: "on the right side, feet first",
  active: "suction",
  passive: "an open way",
};

/** Fields in the order in which people think of them; what has no words here comes last. */
export function inOrder<F extends { name: string }>(part: string, fields: readonly F[]): F[] {
  const order = Object.keys(WORDS[part] ?? {});
  const at = (field: F): number => (order.includes(field.name) ? order.indexOf(field.name) : order.length);
  return [...fields].sort((a, b) => at(a) - at(b));
}

export function fieldWords(part: string, name: string): FieldWords {
  const [suffix, unit] = UNITS.find(([end]) => name.endsWith(end)) ?? ["", { unit: "", per: 1, step: 1, digits: 2 }];
  const bare = (suffix ? name.slice(0, -suffix.length) : name).replaceAll("_", " ");
  return { label: bare.charAt(0).toUpperCase() + bare.slice(1), none: "none", wide: false, ...unit, ...WORDS[part]?.[name] };
}
