/** Ice that somebody saw, and how far the prediction for that minute lies from it. */
import { useState } from "preact/hooks";
import { remove } from "../api/client";
import { jobs, openCase, plan, results } from "../state/desk";
import { startJob } from "../state/jobs";
import { tell } from "../state/notices";
import { type Beside, type ObservedRow, hiddenIce, loadObserved, observed } from "../state/observed";
import { said } from "../state/plan";
import { workingOn } from "../verbs/kept";
import { Failed, StandsTo, Working } from "../verbs/parts";
import { showMoment } from "../view/clock";
import { momentsOf } from "../view/moments";

/** The clock goes to a kept moment this near to the minute. */
const NEAR_S = 45;

export function ObservedPart() {
  const told = observed.value;
  if (!told?.observed.length) return null;
  const last = jobs.value.filter((j) => j.case === openCase.value?.id && j.kind === "observed").at(-1);
  return (
    <section class="observed" data-test="observed">
      <h2>Ice that was seen</h2>
      <p class="hint">Solid line: observed. Dashed line: predicted. An observation is a person's word; it changes no plan and no result.</p>
      <Working kind="observed" />
      {last?.state === "failed" && last.error && <Failed refusal={last.error} />}
      <ul class="seen-list">
        {told.observed.map((row) => (
          <Seen key={row.key} row={row} />
        ))}
      </ul>
      <p class="hint" data-test="observed-assumed">
        {told.assumed}
      </p>
    </section>
  );
}

function Seen({ row }: { row: ObservedRow }) {
  const [sure, setSure] = useState(false);
  const hidden = hiddenIce.value.has(row.key);
  const frames = momentsOf(results.value?.run, plan.value?.protocol.steps ?? []).map((m) => m.seconds);
  const near = frames.length ? frames.reduce((best, s) => (Math.abs(s - 60 * row.at_min) < Math.abs(best - 60 * row.at_min) ? s : best)) : null;
  const there = near !== null && Math.abs(near - 60 * row.at_min) <= NEAR_S;
  const gone = async () => {
    try {
      await remove(`/cases/${encodeURIComponent(openCase.value!.id)}/observed/${row.name}`);
      await loadObserved();
    } catch (problem) {
      tell(said(problem).what, "warn");
    }
  };
  return (
    <li data-test={`observed-${row.name}`} >
      <label class="tick">
        <input
          type="checkbox"
          checked={!hidden}
          aria-label={`Show ice ${row.words}`}
          onChange={() => (hiddenIce.value = new Set([...hiddenIce.value].filter((n) => n !== row.key).concat(hidden ? [] : [row.key])))}
        />{" "}
        <b>{row.words}</b> on the {row.on}, by {row.by}
      </label>
      <div>
        <StandsTo status={row.status} what="This comparison" />
        {row.beside ? <Numbers row={row} /> : <p class="hint">Not held against the prediction yet.</p>}
        <div class="row">
          {row.status !== "valid" && !workingOn("observed") && (
            <button type="button" class="primary" data-test={`hold-${row.name}`} onClick={() => void startJob("observed", { name: row.name })}>
              Hold against the prediction
            </button>
          )}
          {there && (
            <button type="button" data-test={`moment-${row.name}`} onClick={() => void showMoment(near)}>
              Show the predicted ice then
            </button>
          )}
          <button type="button" class={sure ? "danger" : "quiet"} data-test={`remove-${row.name}`} onClick={() => (sure ? void gone() : setSure(true))}>
            {sure ? "Really take away" : "Take away"}
          </button>
        </div>
      </div>
    </li>
  );
}

const mm = (v: number | null): string => (v === null ? "no predicted ice" : `${v.toFixed(1).replace("-", "−")} mm`);

function Numbers({ row: { beside } }: { row: ObservedRow }) {
  const { beside: taken, if_colder: colder, stage, spacing_mm } = beside!;
  const rows: [string, (one: Beside) => string][] = [
    ["Volume observed", (b) => `${b.observed_ml.toFixed(1)} ml`],
    ["Volume predicted", (b) => `${b.predicted_ml.toFixed(1)} ml`],
    ["Surfaces apart, mean", (b) => mm(b.mean_mm)],
    ["Surfaces apart, 95 %", (b) => mm(b.p95_mm)],
    ["Prediction beyond (+), inside (−)", (b) => mm(b.farther_mm)],
    ["Dice", (b) => b.dice.toFixed(2)],
  ];
  return (
    <table data-test="observed-numbers">
      <thead>
        <tr>
          <th scope="col">{stage === "as placed" ? "AS PLACED" : "PLANNED"}, {spacing_mm} mm cells</th>
          <th scope="col">edge at {taken.celsius.toFixed(0)} °C</th>
          <th scope="col">if at {colder.celsius.toFixed(0).replace("-", "−")} °C</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(([label, words]) => (
          <tr key={label}>
            <th scope="row">{label}</th>
            <td class="figure">{words(taken)}</td>
            <td class="figure">{words(colder)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
