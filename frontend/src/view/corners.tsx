/** Words on a slice: what it is, letters of direction, what lies under the cursor, and what is not up to date. */
import { useComputed } from "@preact/signals";
import { valueAt } from "../api/box";
import { asPlaced, chosenNeedle, cold, cursor, dragged, openCase, plan, results } from "../state/desk";
import { inOwnPlace, other, seen } from "../state/placed";
import { display } from "../state/view";
import { type ViewKind, eyes, sliceWords } from "./eye";
import { greyWindow } from "./grey";
import { edgeLetters, gravity, needleAngles } from "./plane";
import { imageState, retryImage } from "./shown";

const signed = (value: number, digits = 0): string => value.toFixed(digits).replace("-", "−");

/** A position as people read it: towards left or right, front or back, head or feet, from the scanner's middle. */
export function positionWords([x, y, z]: readonly [number, number, number]): string {
  const part = (value: number, plus: string, less: string) => `${value >= 0 ? plus : less} ${Math.abs(value).toFixed(1)}`;
  return `${part(x, "L", "R")}  ${part(y, "P", "A")}  ${part(z, "H", "F")} mm`;
}

interface IceWords {
  word: string;
  more: string;
  tone: "warn" | "say";
}
const NO_ICE: IceWords = { word: "NO ICE YET", more: "not simulated", tone: "say" };
const PREVIEW: IceWords = { word: "PREVIEW", more: "not for a report", tone: "warn" };
const LIES: IceWords = { word: "AS PLACED", more: "ice of the needles as they lie", tone: "say" };
const STALE: IceWords = { word: "STALE", more: "ice of an earlier plan", tone: "warn" };

/** What is to be said of the ice shown: whether it belongs to the plan as it stands. */
export function iceWords(): IceWords | null {
  const now = cold.value;
  if (!now) return NO_ICE;
  if (now.source === "preview") return PREVIEW;
  if (results.value?.run.status === "stale" || dragged.value) return STALE;
  return asPlaced.value ? LIES : null;
}

/** What is to be said of the ice in 3-D, which follows full runs only. */
export function solidWords(): IceWords | null {
  const said = iceWords();
  if (said !== PREVIEW) return said;
  return !results.value || results.value.run.status === "none" ? NO_ICE : STALE;
}

/** The needle's view says how the needle lies. */
function needleWords(): string {
  if (inOwnPlace.value) return "";
  const n = chosenNeedle.value;
  const needle = plan.value?.probes[n ?? -1];
  if (!needle || n === null) return "";
  const down = gravity(openCase.value?.patient_position ?? "");
  const { offAxial, toGravity } = needleAngles(needle.entry_mm, needle.tip_mm, down);
  const depth = Math.hypot(...needle.tip_mm.map((v, a) => v - needle.entry_mm[a]!));
  const name = needle.name || `needle ${n + 1}`;
  const fall = toGravity === null ? "gravity unknown" : `${Math.min(toGravity, 180 - toGravity).toFixed(0)}° to gravity`;
  return `${n + 1}: ${name}, ${depth.toFixed(0)} mm deep, ${offAxial.toFixed(0)}° off axial, ${fall}`;
}

export function Corners({ kind, onEnlarge }: { kind: ViewKind; onEnlarge: () => void }) {
  const eye = eyes[kind];
  const plane = useComputed(() => eye.plane());
  const edges = edgeLetters(plane.value);
  const off = eye.off.value;
  const window_ = greyWindow(seen.value);
  const unit = seen.value?.header.quantity === "HU" ? " HU" : "";
  const ice = useComputed(() => (inOwnPlace.value ? null : iceWords())).value;
  const control = other.value;
  const time = inOwnPlace.value ? null : cold.value?.time_s;
  const sides = ["left", "right", "top", "bottom"] as const;
  const title = sliceWords(kind, plane.value);
  return (
    <>
      <p class="corner corner-title" data-test={`slice-position-${kind}`}>
        <b>{title[0]!.toUpperCase() + title.slice(1)}</b>
        {kind === "needle" && off !== 0 && ` ${signed(off, 1)} mm off the shaft`}
        {kind === "needle" && <span>{needleWords()}</span>}
        {control && (
          <b class="control-word" data-test={`control-word-${kind}`}>
            CONTROL CT
            <span>{control.words}</span>
          </b>
        )}
      </p>
      <p class="corner corner-window">
        W {window_.width.toFixed(0)} L {signed(window_.level)}
        {unit}
        {ice && (
          <b class={`ice-word ice-${ice.tone}`} data-test={`ice-word-${kind}`}>
            {ice.word}
            <span>{ice.more}</span>
          </b>
        )}
        {time !== null && time !== undefined && <b class="ice-word ice-say">at {clockWords(time)}</b>}
      </p>
      {sides.map((side, n) => (
        <b key={side} class={`edge edge-${side}`} role="img" aria-label={`${side} of the screen: ${edges[n]}`}>
          {edges[n]}
        </b>
      ))}
      <Readout kind={kind} />
      <button type="button" class="enlarge" data-own title="Enlarge or restore (double click)" aria-label={`Enlarge or restore the ${kind} view`} onClick={onEnlarge}>
        ⤢
      </button>
      {imageState.value.state !== "here" && (
        <div class={`slice-state${imageState.value.state === "failed" ? " warn" : ""}`} role="status">
          {imageState.value.words}
          {imageState.value.state === "failed" && (
            <button type="button" data-own onClick={retryImage}>
              Try again
            </button>
          )}
        </div>
      )}
    </>
  );
}

/** Minutes and seconds of the protocol. */
export const clockWords = (seconds: number): string =>
  `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

/** How the image stands on the screen. */
function displayWords(): string {
  const known = gravity(openCase.value?.patient_position ?? "") !== null;
  return display.value === "table" && known ? "As on the table: gravity down" : "Anatomical";
}

/** Apart from the rest, since it changes with every move of the pointer. */
function Readout({ kind }: { kind: ViewKind }) {
  const at = cursor.value;
  const box = seen.value;
  const words: string[] = [];
  if (at) {
    const grey = box ? valueAt(box, at) : NaN;
    if (!Number.isNaN(grey)) words.push(box!.header.quantity === "HU" ? `${signed(grey)} HU` : signed(grey));
    const degrees = cold.value && !inOwnPlace.value ? valueAt(cold.value.box, at) : NaN;
    if (!Number.isNaN(degrees)) words.push(`${signed(degrees, 1)} °C`);
  }
  return (
    <p class="corner corner-readout">
      <span data-test={`display-${kind}`}>{displayWords()}</span>
      <span data-test={`readout-${kind}`}>{at ? positionWords(at) : ""}</span>
      <span data-test={`values-${kind}`}>{words.join("   ")}</span>
    </p>
  );
}
