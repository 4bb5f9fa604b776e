/** The lists of a plan beside needles and goals: what one begins with, how it is said, and which fields it has when. */
import type { Mm } from "../api/box";
import type { Choices, SprayCard, WarmerCard } from "../api/types";
import { celsius, minus } from "../shell/words";
import type { FieldTold } from "./schema";

export type Part_ = Record<string, unknown>;

/** What a new one is made from. */
export interface Around {
  choices: Choices;
  /** Drawn structures but the target; then names that the pack knows. */
  drawn: readonly string[];
  known: readonly string[];
  /** Where the planes cross. */
  cross: Mm;
  today: string;
}

export interface Kind {
  key: "pockets" | "warmers" | "vessels" | "spots" | "limits";
  part: "Pocket" | "Warming" | "Vessel" | "Spot" | "OwnLimit";
  /** One of them, and all of them. */
  one: string;
  title: string;
  says: string;
  fresh(around: Around): Part_;
  said(one: Part_, around: Around): string;
  /** Fields that mean nothing for this one are not shown. */
  has?(field: string, one: Part_, around: Around): boolean;
  /** Bounds that a card gives. */
  bounds?(field: FieldTold, one: Part_, around: Around): FieldTold;
  /** What else changes with a change, so that what comes out can be. */
  along?(change: Part_, one: Part_, around: Around): Part_;
  /** Names a text field may take; undefined leaves it to be typed. */
  names?(field: string, one: Part_, around: Around): { value: string; words: string }[] | undefined;
}

export const spoken = (name: string): string => (name === "tumour" ? "the target" : name.replaceAll("_", " "));
const named = (names: readonly string[]) => names.map((value) => ({ value, words: spoken(value) }));
const mm = (value: unknown): string => `${minus(String(value))} mm`;
const place = (at: unknown): string => (Array.isArray(at) ? `(${at.map((v: number) => minus(v.toFixed(0))).join(", ")}) mm` : "nowhere");
const text = (value: unknown): string => (typeof value === "string" ? value : "");

/** What a vessel, or a lumen that a warmer can fill, is called. */
const VESSEL = /vein|vena|arter|aort|portal|vessel/;
const LUMEN = /urethra|ureter|pelvis|bile|duct/;
const firstLike = (names: readonly string[], like: RegExp): string | undefined => names.find((name) => like.test(name));

const warmerOf = (one: Part_, around: Around): WarmerCard | undefined => around.choices.warmers.find((w) => w.name === one["warmer"]);
const sprayOf = (one: Part_, around: Around): SprayCard | undefined => around.choices.sprays.find((s) => s.name === one["applicator"]);

const POCKETS: Kind = {
  key: "pockets",
  part: "Pocket",
  one: "pocket",
  title: "Pockets of fluid or gas",
  says: "Fluid moves an organ out of the cold; what lies behind it goes along.",
  fresh: ({ drawn }) => ({ structure: drawn[0] ?? "bowel", away_from: "tumour", fluid: "saline", thickness_mm: 10 }),
  said: (one, { choices }) => {
    const fluid = choices.fluids.find((f) => f.name === one["fluid"])?.label ?? text(one["fluid"]);
    const warm = typeof one["start_c"] === "number" ? ` at ${celsius(one["start_c"])}` : "";
    return `${mm(one["thickness_mm"])} of ${fluid}${warm} between ${spoken(text(one["structure"]))} and ${spoken(text(one["away_from"]) || "tumour")}`;
  },
  names: (field, _, { drawn, known, choices }) => {
    if (field === "fluid") return choices.fluids.map((f) => ({ value: f.name, words: f.label }));
    if (field === "structure") return named([...new Set([...drawn, ...known, "bowel"])]);
    return field === "away_from" ? named(["tumour", ...drawn]) : undefined;
  },
};

const WARMERS: Kind = {
  key: "warmers",
  part: "Warming",
  one: "warmer",
  title: "Warmers",
  says: "A catheter in a lumen, or warmth on the skin, keeps what must live.",
  fresh: ({ choices, cross, drawn }) => {
    const card = choices.warmers.find((w) => w.place === "skin") ?? choices.warmers[0];
    return card?.place === "skin" ? { warmer: card.name, centre_mm: cross } : { warmer: card?.name ?? "", structure: firstLike(drawn, LUMEN) ?? drawn[0] ?? "" };
  },
  said: (one, around) => {
    const card = warmerOf(one, around);
    const where = card?.place === "skin" ? `at ${place(one["centre_mm"])}` : `in ${spoken(text(one["structure"]))}`;
    return `${card?.label ?? text(one["warmer"])} ${where}, ${celsius(typeof one["temperature_c"] === "number" ? one["temperature_c"] : (card?.temperature_c ?? 0))}`;
  },
  has: (field, one, around) => {
    const skin = warmerOf(one, around)?.place === "skin";
    return field === "structure" ? !skin : field === "centre_mm" || field === "radius_mm" ? skin : true;
  },
  bounds: (field, one, around) => {
    const card = warmerOf(one, around);
    if (card && field.name === "temperature_c") return { ...field, least: card.least_c, most: card.most_c };
    return card && field.name === "radius_mm" ? { ...field, least: card.least_radius_mm, most: card.most_radius_mm } : field;
  },
  along: (change, one, around) => {
    if (!("warmer" in change)) return {};
    const [before, after] = [warmerOf(one, around), warmerOf(change, around)];
    const set = { temperature_c: null, radius_mm: null };
    if (before?.place === after?.place) return set;
    return after?.place === "skin" ? { ...set, structure: "", centre_mm: around.cross } : { ...set, structure: firstLike(around.drawn, LUMEN) ?? around.drawn[0] ?? "", centre_mm: null };
  },
  names: (field, _, around) => {
    if (field === "warmer") return around.choices.warmers.map((w) => ({ value: w.name, words: w.label }));
    return field === "structure" ? named([...new Set([...around.drawn, "urethra"])]) : undefined;
  },
};

/** A short line towards the head, to be drawn out. */
const lineAt = (at: Mm): Mm[] => [at, [at[0], at[1], at[2] + 20]];

const VESSELS: Kind = {
  key: "vessels",
  part: "Vessel",
  one: "vessel",
  title: "Vessels",
  says: "Blood that flows keeps a vessel's wall warm and takes cold away. Flow that is clamped or reduced is said here.",
  fresh: ({ drawn, cross }) => {
    const structure = firstLike(drawn, VESSEL);
    return structure ? { structure, share: 1 } : { structure: "", line_mm: lineAt(cross), diameter_mm: 6, share: 1 };
  },
  said: (one) => {
    const share = typeof one["share"] === "number" ? one["share"] : 1;
    const flow = share === 0 ? "clamped" : share === 1 ? "flows freely" : `${Math.round(share * 100)} % of its flow`;
    const name = text(one["name"]) || (text(one["structure"]) ? spoken(text(one["structure"])) : "a vessel along a line");
    return `${name}: ${flow}${typeof one["diameter_mm"] === "number" ? `, ${mm(one["diameter_mm"])}` : ""}`;
  },
  has: (field, one) => field !== "line_mm" || !one["structure"],
  along: (change, one, { cross }) => {
    if (!("structure" in change)) return {};
    if (change["structure"]) return { line_mm: [] };
    return { line_mm: lineAt(cross), diameter_mm: one["diameter_mm"] ?? 6 };
  },
  names: (field, _, { drawn }) =>
    field === "structure" ? [{ value: "", words: "none: a line of its own" }, ...named(drawn)] : undefined,
};

const SPOTS: Kind = {
  key: "spots",
  part: "Spot",
  one: "spot",
  title: "Spots",
  says: "A place on a surface that is sprayed, or frozen by a disc held against it.",
  fresh: ({ choices, cross }) => ({
    applicator: (choices.sprays.find((s) => !s.vents) ?? choices.sprays[0])?.name ?? "",
    centre_mm: cross,
    dwell_s: 60,
    thaw_s: 60,
    cycles: 2,
  }),
  said: (one, around) => {
    const often = typeof one["cycles"] === "number" && one["cycles"] > 1 ? `${one["cycles"]} × ` : "";
    const name = text(one["name"]) ? `${text(one["name"])}: ` : "";
    return `${name}${sprayOf(one, around)?.label ?? text(one["applicator"])}, ${often}${String(one["dwell_s"])} s at ${place(one["centre_mm"])}`;
  },
  bounds: (field, one, around) => {
    const card = sprayOf(one, around);
    return card && field.name === "radius_mm" ? { ...field, least: card.least_radius_mm, most: card.most_radius_mm } : field;
  },
  along: (change, one) => {
    if ("applicator" in change) return { radius_mm: null };
    // More than one freeze needs a thaw between them.
    return Number(change["cycles"] ?? 1) > 1 && !one["thaw_s"] ? { thaw_s: 60 } : {};
  },
  names: (field, _, around) => (field === "applicator" ? around.choices.sprays.map((s) => ({ value: s.name, words: s.label })) : undefined),
};

const LIMITS: Kind = {
  key: "limits",
  part: "OwnLimit",
  one: "limit",
  title: "Limits of this plan's own",
  says: "What a structure keeps instead of what its pack says. Who changed it, why and when stay on record.",
  fresh: ({ known, drawn, today }) => ({ structure: known[0] ?? drawn[0] ?? "", stop_mm: 5, by: "", reason: "", date: today }),
  said: (one) => {
    const told = (["stop", "alarm"] as const).flatMap((kind) => {
      if (typeof one[`${kind}_c`] === "number") return [`${kind} at ${celsius(one[`${kind}_c`] as number)}`];
      return typeof one[`${kind}_mm`] === "number" ? [`${kind} ${mm(one[`${kind}_mm`])} from the ice`] : [];
    });
    return `${spoken(text(one["structure"]))}: ${told.join(", ") || "nothing changed"} (${text(one["by"]) || "nobody"}: ${text(one["reason"]) || "no reason"})`;
  },
  along: (change) => {
    // A limit is a temperature or a distance, never both.
    const [field] = Object.keys(change);
    const other = field?.endsWith("_c") ? field.replace(/_c$/, "_mm") : field?.replace(/_mm$/, "_c");
    return field && /^(stop|alarm)_/.test(field) && change[field] !== null ? { [other!]: null } : {};
  },
  names: (field, _, { known, drawn }) => (field === "structure" ? named([...new Set([...known, ...drawn])]) : undefined),
};

export const KINDS: readonly Kind[] = [POCKETS, WARMERS, VESSELS, SPOTS, LIMITS];
export const kindOf = (key: Kind["key"]): Kind => KINDS.find((kind) => kind.key === key)!;

/** One of a list with a change, and with what must change along. */
export const changed = (kind: Kind, one: Part_, change: Part_, around: Around): Part_ => ({
  ...one,
  ...change,
  ...kind.along?.(change, one, around),
});
