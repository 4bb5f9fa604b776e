/** The first run: seven short steps beside the things they speak of. It blocks nothing and is shown once. */
import { useEffect, useRef, useState } from "preact/hooks";
import { openCase } from "../state/desk";
import { tourStep } from "./help_state";
import { keep, kept } from "./keep";
import { chooseTab } from "./tabs";

const STEPS: { at: string; title: string; says: string; before?: () => void }[] = [
  {
    at: ".views",
    title: "The ice on the image",
    says: "A slice through the target: where the margin is worst, once that is known. Orange is the target; the dashed lines are 0 °C (blue), −20 °C (yellow) and −40 °C (pink) at their widest. The wheel goes through the slices.",
  },
  {
    at: "[data-test=needles]",
    title: "Move a needle",
    says: "Choose one here or with N. Drag its tip or entry in any view, or press the arrow keys: the ice follows while your hand moves.",
    before: () => chooseTab("plan"),
  },
  {
    at: ".strip",
    title: "The numbers that decide",
    says: "While you move they are a PREVIEW. Let go and the full run starts at once and takes its place. STALE means the plan was changed since.",
  },
  {
    at: ".clock-place",
    title: "The freeze clock",
    says: "Slide through freeze, thaw and freeze to see the ice at any time.",
  },
  {
    at: ".panel",
    title: "Protocol, goals, limits",
    says: "Below the needles: steps and minutes, what the result is judged by, and what each structure must keep, with its source.",
    before: () => chooseTab("plan"),
  },
  {
    at: ".rail",
    title: "Search, compare, report",
    says: "Let the machine propose needles, hold plans side by side, see what is uncertain, and write the report. The keys 1 to 9 open these tabs.",
  },
  {
    at: ".head",
    title: "Nothing is lost",
    says: "Every change is saved as a revision; Undo works even after a reload. Press ? for all keys and words.",
  },
];

export const tourDone = (): boolean => kept("tour") === "done";

export function Tour() {
  const card = useRef<HTMLDivElement>(null);
  const [place, setPlace] = useState<DOMRect | null>(null);
  const at = tourStep.value;
  const step = at === null || !openCase.value ? undefined : STEPS[at];
  useEffect(() => {
    if (!step) return;
    step.before?.();
    const look = () => setPlace(document.querySelector(step.at)?.getBoundingClientRect() ?? null);
    requestAnimationFrame(look);
    card.current?.focus();
    addEventListener("resize", look);
    return () => removeEventListener("resize", look);
  }, [step]);
  if (!step || at === null) return null;
  const end = () => {
    keep("tour", "done");
    tourStep.value = null;
  };
  const keys = (event: KeyboardEvent) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    end();
  };
  return (
    <>
      {place && <div class="tour-ring" style={{ left: `${place.left}px`, top: `${place.top}px`, width: `${place.width}px`, height: `${place.height}px` }} />}
      <div class="tour" ref={card} role="dialog" aria-label={`Tour, step ${at + 1} of ${STEPS.length}`} tabIndex={-1} style={beside(place)} onKeyDown={keys} data-test="tour">
        <p class="hint">
          {at + 1} of {STEPS.length}
        </p>
        <h2>{step.title}</h2>
        <p>{step.says}</p>
        <div class="row">
          <button type="button" class="quiet" data-test="tour-skip" onClick={end}>
            {at + 1 < STEPS.length ? "Skip the tour" : "Close"}
          </button>
          <span class="grow" />
          {at > 0 && (
            <button type="button" onClick={() => (tourStep.value = at - 1)}>
              Back
            </button>
          )}
          <button type="button" class="primary" data-test="tour-next" onClick={() => (at + 1 < STEPS.length ? (tourStep.value = at + 1) : end())}>
            {at + 1 < STEPS.length ? "Next" : "Done"}
          </button>
        </div>
      </div>
    </>
  );
}

const CARD = { width: 330, height: 210 };

/** Beside what the step speaks of, and always on the screen. */
function beside(place: DOMRect | null): { left: string; top: string } {
  const fits = (v: number, most: number) => Math.max(12, Math.min(v, most - 12));
  if (!place) return { left: "12px", top: `${innerHeight - CARD.height - 90}px` };
  const wide = place.width > innerWidth * 0.55;
  const tall = place.height > innerHeight * 0.4;
  const left = wide ? place.left + 24 : place.left - CARD.width - 14;
  const top = wide && tall ? place.bottom - CARD.height - 24 : wide ? (place.top > innerHeight / 2 ? place.top - CARD.height - 10 : place.bottom + 10) : place.top + 8;
  return { left: `${fits(left, innerWidth - CARD.width)}px`, top: `${fits(top, innerHeight - CARD.height)}px` };
}
