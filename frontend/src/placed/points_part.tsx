/** Two points on the metal of each needle: clicked in the slices, dragged, typed, taken back. */
import { useEffect, useState } from "preact/hooks";
import type { Refusal } from "../api/types";
import { cross, jobs, openCase } from "../state/desk";
import { startJob } from "../state/jobs";
import { lookAt, looking } from "../state/placed";
import { Failed, More } from "../verbs/parts";
import { choose } from "./layer";
import { type Which, armNext, armed, canRedo, canUndo, names, pairs, redoPoint, series, setPoint, streaks, triedNow, undoPoint, upload } from "./points";
import { place, written } from "./words";

export function PointsPart() {
  const [atMin, setAtMin] = useState(0);
  const [register, setRegister] = useState(true);
  const [advice, setAdvice] = useState(true);
  useKeys();
  const ready = streaks.value;
  const refused = ready.filter((s) => triedNow(s.needle)?.refusal);
  const left = names.value.length - ready.length;
  const last = jobs.value.filter((j) => j.case === openCase.value?.id && j.kind === "as-placed").at(-1);
  const now = armed.value;
  if (looking.value !== "own")
    return (
      <p class="row">
        <button type="button" data-test="back-to-control" onClick={() => lookAt("own")}>
          To its points
        </button>
        {last?.state === "failed" && last.error && <Failed refusal={last.error} />}
      </p>
    );
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void startJob("as-placed", { upload: upload.value, series: series.value, streaks: ready, register, advice: advice && atMin === 0, at_min: atMin });
      }}
    >
      <p class="asked" role="status" data-test="asked-point">
        {now ? (
          <>
            Click <b>{now.which === "tip" ? "the tip" : "the shaft, 20 mm or more behind the tip,"}</b> of <b>{now.needle}</b> in a slice.
          </>
        ) : (
          streaks.value.length === names.value.length ? "All points are set. Drag one to correct it." : "Press a button below, then click in a slice. A dragged mouse sets the window."
        )}
      </p>
      <ol class="streaks">
        {names.value.map((needle, n) => (
          <li key={needle} data-test={`streak-${n}`}>
            <b>
              {n + 1}: {needle}
            </b>
            {(["tip", "shaft"] as const).map((which) => (
              <PointOf key={which} needle={needle} n={n} which={which} />
            ))}
            <Said needle={needle} n={n} />
          </li>
        ))}
      </ol>
      <p class="row">
        <button type="button" data-test="point-undo" disabled={!canUndo.value} title="Ctrl+Z" onClick={undoPoint}>
          Undo point
        </button>
        <button type="button" data-test="point-redo" disabled={!canRedo.value} title="Ctrl+Shift+Z" onClick={redoPoint}>
          Redo point
        </button>
      </p>
      <More title="When it was taken, and how it lies" test="control-more">
        <label>
          Minutes since the first freeze began (0: before)
          <input type="number" min={0} max={600} step={0.5} value={atMin} data-test="control-at-min" onInput={(e) => setAtMin(Math.max(0, e.currentTarget.valueAsNumber || 0))} />
        </label>
        <label class="tick">
          <input type="checkbox" data-test="control-as-it-is" checked={!register} onChange={() => setRegister(!register)} /> take both images as they lie: one frame of reference,
          nobody moved
        </label>
        <label class="tick">
          <input type="checkbox" data-test="control-advice" checked={advice && atMin === 0} disabled={atMin > 0} onChange={() => setAdvice(!advice)} /> look for one more needle (a minute)
        </label>
      </More>
      <p class="row">
        <button type="submit" class="primary" data-test="as-placed-start" disabled={!ready.length || refused.length > 0}>
          Set the needles as placed
        </button>
        <span class="hint">
          {refused.length ? "A streak is refused: correct it, or clear its points." : left && ready.length ? `${left} without points ${left === 1 ? "stays" : "stay"} as planned.` : ""}
        </span>
      </p>
      {last?.state === "failed" && last.error && <Failed refusal={last.error} />}
    </form>
  );
}

function PointOf({ needle, n, which }: { needle: string; n: number; which: Which }) {
  const at = pairs.value[needle]?.[which];
  const [typed, setTyped] = useState<string | null>(null);
  const on = armed.value?.needle === needle && armed.value.which === which;
  const slot = { needle, which };
  const words = which === "tip" ? "tip" : "shaft point";
  return (
    <div class="point">
      <button type="button" aria-pressed={on} data-test={`set-${n}-${which}`} title={at ? "Go there; drag it, or move it by arrow keys in a slice" : "Then click in a slice; or Enter there puts it at the cross"} onClick={() => (on ? (armed.value = null) : choose(slot))}>
        {at ? words : `Set ${words}`}
      </button>
      <input
        data-test={`control-${n}-${which}`}
        aria-label={`${needle}, ${words}: x, y, z in LPS mm of the control CT`}
        placeholder="x, y, z"
        aria-invalid={typed !== null && typed !== "" && !place(typed) ? true : undefined}
        value={typed ?? written(at)}
        onInput={(e) => setTyped(e.currentTarget.value)}
        onBlur={() => {
          const found = place(typed ?? undefined);
          if (typed === "" && at) setPoint(slot, null);
          else if (found && typed !== written(at)) {
            setPoint(slot, found);
            cross.value = looking.peek() === "own" ? found : cross.peek();
            armNext(slot);
          }
          setTyped(null);
        }}
        onKeyDown={(e) => {
          if (e.key !== "Enter") return;
          e.preventDefault();
          e.currentTarget.blur();
        }}
      />
      <button type="button" class="quiet" data-test={`clear-${n}-${which}`} disabled={!at} aria-label={`Clear ${needle}, ${words}`} onClick={() => setPoint(slot, null)}>
        ✕
      </button>
    </div>
  );
}

/** What the metal says of the two points, in place. */
function Said({ needle, n }: { needle: string; n: number }) {
  const { tip, shaft } = pairs.value[needle] ?? {};
  if (!tip || !shaft) return null;
  const tried = triedNow(needle);
  if (!tried)
    return (
      <span class="hint" aria-busy="true">
        Looking at its metal…
      </span>
    );
  if (tried.refusal) return <Refused refusal={tried.refusal} n={n} />;
  const { moved_mm, explained } = tried.found!;
  return (
    <span class="hint" data-test={`streak-${n}-found`}>
      <span class="tone-met">found</span>: tip {moved_mm.toFixed(1)} mm from your point, one straight needle explains {Math.round(100 * explained)} % of what is there
    </span>
  );
}

const Refused = ({ refusal, n }: { refusal: Refusal; n: number }) => (
  <span class="refusal" role="alert" data-test={`streak-${n}-refused`}>
    {refusal.what} {refusal.remedy}
  </span>
);

/** On the control CT Ctrl+Z takes back a point, not a revision of the plan. */
function useKeys(): void {
  useEffect(() => {
    const heard = (event: KeyboardEvent) => {
      const field = event.target instanceof HTMLInputElement && !["range", "checkbox", "radio"].includes(event.target.type);
      const key = event.key.toLowerCase();
      if (!(event.ctrlKey || event.metaKey) || field || looking.peek() !== "own") return;
      if (key === "z" && !event.shiftKey) undoPoint();
      else if (key === "y" || key === "z") redoPoint();
      else return;
      event.preventDefault();
      event.stopImmediatePropagation();
    };
    window.addEventListener("keydown", heard, true);
    return () => window.removeEventListener("keydown", heard, true);
  }, []);
}
