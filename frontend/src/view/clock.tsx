/** The freeze clock: the protocol as a bar of its steps, and the moment of it that the views show. Its resting place is
 * the coldest that was ever reached, which the margin is measured on. */
import { signal, useSignalEffect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Box } from "../api/box";
import { fetchBox } from "../api/client";
import type { Step } from "../api/types";
import { type Cold, cold, openCase, plan, results } from "../state/desk";
import { tell } from "../state/notices";
import { clockWords } from "./corners";
import { type Moment, momentsOf } from "./moments";
import "./clock.css";

const STEP_WORDS: Record<Step["kind"], string> = { freeze: "Freeze", thaw: "Thaw", active_thaw: "Active thaw", hold: "Hold" };
/** One frame is shown this long while playing. */
const FRAME_MS = 350;
/** Fields of this many moments are kept at hand. */
const MOST_KEPT = 60;

const playing = signal(false);
const wanted = signal<number | null>(null);
const kept = new Map<string, Promise<Box>>();

const runs = (key: string) => `/cases/${encodeURIComponent(openCase.peek()!.id)}/runs/${encodeURIComponent(key)}`;

function loaded(path: string): Promise<Box> {
  let found = kept.get(path);
  if (!found) {
    found = fetchBox(path);
    found.catch(() => kept.delete(path));
    kept.set(path, found);
    if (kept.size > MOST_KEPT) kept.delete(kept.keys().next().value!);
  }
  return found;
}

const momentsNow = (): Moment[] => momentsOf(results.peek()?.run, plan.peek()?.protocol.steps ?? []);

/** Show a moment of the run (s), or the coldest ever (null). What is asked last is shown. */
export async function showMoment(seconds: number | null): Promise<void> {
  const run = results.peek()?.run;
  if (!run || run.status === "none" || !openCase.peek()) return;
  wanted.value = seconds;
  const name = seconds === null ? "coldest" : momentsNow().find((m) => m.seconds === seconds)?.name;
  if (!name) return;
  try {
    const box = await loaded(`${runs(run.key)}/${name}.box`);
    const now = results.peek();
    // Meanwhile another moment was asked for, another run came, or a needle is being moved.
    if (wanted.peek() !== seconds || now?.run.key !== run.key || cold.peek()?.source === "preview") return;
    cold.value = { box, source: "run", strip: now.strip, time_s: seconds } satisfies Cold;
  } catch (problem) {
    playing.value = false;
    tell(`This moment was not loaded. ${(problem as Error).message}`, "warn");
  }
}

const nearest = (frames: number[], seconds: number): number =>
  frames.reduce((best, s) => (Math.abs(s - seconds) < Math.abs(best - seconds) ? s : best), frames[0]!);

export function Clock() {
  const steps = plan.value?.protocol.steps ?? [];
  const total = steps.reduce((sum, step) => sum + step.duration_s, 0);
  const run = results.value?.run;
  const frames = momentsOf(run, steps).map((m) => m.seconds);
  const preview = cold.value?.source === "preview";
  const time = preview ? null : (cold.value?.time_s ?? null);
  const able = frames.length > 0 && !preview;
  const timer = useRef<ReturnType<typeof setInterval>>(undefined);

  useSignalEffect(() => {
    // A preview has one state only, and another run begins at rest.
    if (cold.value?.source === "preview") playing.value = false;
  });
  const key = run?.key;
  useEffect(() => {
    wanted.value = null;
    playing.value = false;
  }, [key]);
  useEffect(() => {
    if (!playing.value) return;
    let busy = false;
    timer.current = setInterval(async () => {
      const all = momentsNow().map((m) => m.seconds);
      if (busy || !all.length) return;
      busy = true;
      const next = all.find((s) => s > (wanted.peek() ?? -1));
      await showMoment(next ?? null);
      if (next === undefined) playing.value = false;
      busy = false;
    }, FRAME_MS);
    return () => clearInterval(timer.current);
  }, [playing.value]);

  if (!total) return <p class="hint">No protocol yet.</p>;
  const words = time === null ? "Coldest ever" : `${clockWords(time)} of ${clockWords(total)}, ${stepAt(steps, time)}`;
  let from = 0;
  return (
    <div class="clock" data-test="clock">
      <button
        type="button"
        class="clock-play"
        data-test="clock-play"
        disabled={!able}
        aria-label={playing.value ? "Stop playing" : "Play the protocol"}
        title={playing.value ? "Stop" : "Play"}
        onClick={() => {
          if (!playing.value && time !== null && time >= frames[frames.length - 1]!) wanted.value = null;
          playing.value = !playing.value;
        }}
      >
        {playing.value ? "❚❚" : "▶"}
      </button>
      <div class="clock-bar">
        <ol class="clock-steps" aria-label="Protocol">
          {steps.map((step, n) => {
            const at = from;
            from += step.duration_s;
            return (
              <li
                key={n}
                class={`clock-step clock-${step.kind}`}
                style={{ flexGrow: step.duration_s }}
                title={`${STEP_WORDS[step.kind]} from ${clockWords(at)} to ${clockWords(from)}`}
              >
                <span>
                  {STEP_WORDS[step.kind]} {clockWords(step.duration_s)}
                </span>
              </li>
            );
          })}
        </ol>
        <input
          type="range"
          class="clock-slider"
          data-test="clock-slider"
          min={0}
          max={total}
          step="any"
          value={time ?? total}
          disabled={!able}
          aria-label="Moment of the protocol"
          aria-valuetext={words}
          onInput={(event) => {
            playing.value = false;
            void showMoment(nearest(frames, Number(event.currentTarget.value)));
          }}
          onKeyDown={(event) => {
            const way = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
            if (!way) return;
            event.preventDefault();
            const at = time === null ? frames.length : frames.indexOf(nearest(frames, time));
            const to = Math.max(0, at + way);
            playing.value = false;
            void showMoment(frames[to] ?? null);
          }}
        />
      </div>
      <button
        type="button"
        class="clock-rest"
        data-test="clock-coldest"
        aria-pressed={time === null}
        disabled={!able}
        title="The lowest temperature that each point ever had: what margin and coverage are measured on"
        onClick={() => {
          playing.value = false;
          void showMoment(null);
        }}
      >
        Coldest ever
      </button>
      <output class="clock-words" data-test="clock-words">
        {preview ? "Preview: coldest ever" : run && run.status !== "none" ? words : "No run yet"}
      </output>
    </div>
  );
}

/** The step that runs at a moment, in words. */
function stepAt(steps: Step[], seconds: number): string {
  let end = 0;
  for (const step of steps) {
    end += step.duration_s;
    if (seconds <= end) return STEP_WORDS[step.kind].toLowerCase();
  }
  return "after the protocol";
}
