/** Numbers and states as people read them. A true minus, units always, "none" where there is no number. */
import type { PreviewOff, Results, Strip } from "../api/types";

export const minus = (text: string): string => text.replace(/^-/, "−");
/** Margins, distances and temperatures, rounded down as in the report: towards what promises less. */
export const mm = (value: number): string => `${minus(down(value, 1))} mm`;
export const celsius = (value: number): string => `${minus(down(value, 0))} °C`;
const down = (value: number, digits: number): string => {
  const rounded = Math.floor(value * 10 ** digits + 1e-6) / 10 ** digits;
  return (rounded === 0 ? 0 : rounded).toFixed(digits);
};
/** A share in whole percent as in the report, rounded down: what is not all is never shown as 100 %. */
export const percent = (fraction: number): string => `${down(fraction * 100, 0)} %`;

/** Minutes and seconds of a clock: 630 → "10:30". */
export const clock = (seconds: number): string =>
  `${Math.floor(seconds / 60)}:${String(Math.round(seconds % 60)).padStart(2, "0")}`;

export type RunWord = "PREVIEW" | "COMPUTING" | "STALE" | "NOMINAL" | "CURRENT" | "NONE";

/** What the numbers on the page are worth, in one word and one sentence. */
export function runWord(at: {
  dragging: boolean;
  preview: boolean;
  computing: number | null;
  run: Results["run"] | null;
}): { word: RunWord; says: string } {
  const { run } = at;
  if (at.dragging || (at.preview && at.computing === null && run?.status !== "valid"))
    return { word: "PREVIEW", says: "Coarse preview of the plan as it is shown. Never reported or exported." };
  if (at.computing !== null && run?.status !== "valid")
    return {
      word: "COMPUTING",
      says: at.preview
        ? "The full run is being made; the ice shown is the preview."
        : run && run.status !== "none"
          ? "The full run is being made; the numbers shown belong to an earlier plan."
          : "The full run is being made.",
    };
  if (!run || run.status === "none") return { word: "NONE", says: "This plan was not simulated." };
  if (run.status === "stale")
    return { word: "STALE", says: "The plan was changed since this run. Simulate, or undo, to have its numbers again." };
  if (run.nominal_only)
    return { word: "NOMINAL", says: "The nominal run is there; its bounds are still being made." };
  return {
    word: "CURRENT",
    says: `The full run of this plan${run.spacing_mm ? `, cells of ${run.spacing_mm} mm` : ""}.`,
  };
}

/** How far the full run may be from a preview's numbers. */
export const offWords = (off: PreviewOff): string => `margin ± ${offMm(off)}, ice ± ${off.volume_percent} %`;
/** Rounded up: what is not known is never said to be known better. */
export const offMm = (off: PreviewOff): string => `${Math.ceil(off.margin_mm * 10 - 1e-6) / 10} mm`;

/** The small line below the word. */
export function detail(
  word: RunWord,
  at: { preview: boolean; dragging: boolean; off: PreviewOff | null; refused: string | undefined; job: { fraction: number; text: string } | undefined },
): string {
  switch (word) {
    case "COMPUTING":
      return at.job ? `${Math.round(at.job.fraction * 100)} % ${at.job.text}` : "";
    case "PREVIEW":
      if (!at.preview) return at.refused ?? "being made";
      return [at.off ? `estimate, ${offWords(at.off)}` : "estimate", at.dragging ? "" : "press Simulate"].filter(Boolean).join("; ");
    case "NOMINAL":
      return "bounds being made";
    case "STALE":
      return "plan changed since";
    case "CURRENT":
      return at.job?.text || "full run of this plan";
    case "NONE":
      return "press Simulate";
  }
}

/** The numbers that go with a word: a preview's never stand beside the word of a run. */
export function numbersFor(word: RunWord, preview: Strip | null, run: Strip | null): { strip: Strip | null; preview: boolean } {
  const coarse = preview !== null && (word === "PREVIEW" || word === "COMPUTING");
  return { strip: coarse ? preview : run, preview: coarse };
}

/** How the nearest structure stands: its status, how far the ice stays off, and when it first froze. */
export function nearestWords(near: NonNullable<Strip["nearest"]>): string {
  const off = near.distance_mm;
  const ice = off === null ? "no ice near" : off >= 0 ? `ice ${mm(off)} away` : `ice ${mm(-off)} inside`;
  return [near.words, ice, near.reached_s == null ? "" : `0 °C at ${clock(near.reached_s)}`].filter(Boolean).join(" · ");
}
