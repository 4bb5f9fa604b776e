/** The four numbers that decide, and what they are worth. */
import { previewOff, previewRefused } from "../api/live";
import { asPlaced, cold, dragged, openCase, results } from "../state/desk";
import { working } from "../state/plan";
import { celsius, detail, mm, nearestWords, numbersFor, offMm, percent, runWord } from "./words";

const TERMS = {
  margin:
    "Smallest distance from the target's surface out to the 0 °C isotherm; negative where the target sticks out of the ice. P10: nine of ten runs with what is not known drawn anew were better.",
  coverage: "Share of the target's volume that reached −20 °C or colder at any time.",
  nearest: "The structure to spare that the ice comes nearest to, by its own limit, with how cold it got.",
};

export function Strip() {
  const run = results.value?.run ?? null;
  const coarse = cold.value?.source === "preview" ? cold.value.strip : null;
  const dragging = dragged.value !== null;
  const simulation = working.value.find((j) => j.kind === "simulate");
  const { word, says } = runWord({ dragging, preview: coarse !== null, computing: simulation?.fraction ?? null, run });
  const { strip, preview } = numbersFor(word, coarse, results.value?.strip ?? null);
  // Numbers of the needles as they lie are never taken for the plan's.
  const lies = asPlaced.value && !dragging && !preview;
  const margin = strip?.margin_p10_mm ?? strip?.margin_min_mm ?? null;
  const p10 = strip?.margin_p10_mm != null;
  const near = strip?.nearest ?? null;
  const flags = (strip?.flags ?? []).filter((flag) => !openCase.value?.flags.includes(flag));
  const old = word === "STALE" || ((word === "COMPUTING" || word === "PREVIEW") && !preview);
  // The ice and its distances hold; what was said of goals does not.
  const verdictOld = (word === "CURRENT" || word === "NOMINAL") && results.value?.assessment.status === "stale";
  return (
    <section class={`strip${old ? " strip-old" : ""}`} aria-label="Numbers of the plan">
      <div class={`run-word run-${lies && word === "CURRENT" ? "placed" : word.toLowerCase()}`} title={says} data-test="run-status">
        <b role="status">{lies ? "AS PLACED" : word === "NONE" ? "NOT SIMULATED" : word}</b>
        <span data-test={verdictOld ? "verdict-stale" : undefined}>
          {lies
            ? word === "STALE"
              ? "STALE: plan changed since"
              : "needles as they lie, not the plan"
            : verdictOld
            ? "the verdict is STALE: goals changed"
            : detail(word, { preview, dragging, off: previewOff.value, refused: previewRefused.value?.what, job: simulation })}
        </span>
      </div>
      <Number
        label={`${lies ? "AS PLACED: " : ""}${p10 ? "minimum margin, P10" : "minimum margin"}`.replace(/^m/, "M")}
        term={TERMS.margin}
        test="margin-min"
        value={margin === null ? "none" : mm(margin)}
        tone={margin === null ? "" : margin >= 0 ? "" : "bad"}
        more={
          margin === null
            ? strip?.margin_reason || "no run yet"
            : p10
              ? `nominal ${strip!.margin_min_mm === null ? "none" : mm(strip!.margin_min_mm)}`
              : preview
                ? `of the preview${previewOff.value ? `, ± ${offMm(previewOff.value)}` : ""}`
                : "nominal; P10 after Spread"
        }
      />
      <Number
        label="−20 °C coverage"
        term={TERMS.coverage}
        test="coverage-20"
        value={strip?.coverage_20 == null ? "none" : percent(strip.coverage_20)}
        tone=""
        more={strip ? "of the target" : "no run yet"}
      />
      <Number
        label="Nearest structure"
        term={TERMS.nearest}
        test="nearest"
        value={near ? `${near.name.replaceAll("_", " ")}${near.coldest_c === null ? "" : ` ${celsius(near.coldest_c)}`}` : "none"}
        tone={near && near.status === "red" ? "bad" : near && near.status === "amber" ? "near" : ""}
        more={near ? `${verdictOld ? "STALE: " : ""}${nearestWords(near)}` : strip ? "no structure to spare near the ice" : "no run yet"}
      />
      {strip?.ice_ml != null && (
        <Number label="Ice" term="Volume at 0 °C or colder at any time." test="ice-ml" value={`${strip.ice_ml.toFixed(0)} ml`} tone="" more={preview && previewOff.value ? `0 °C, ± ${previewOff.value.volume_percent} %` : "0 °C"} />
      )}
      <ul class="flags" data-test="flags" aria-label="Flags">
        {flags.map((flag) => (
          <li key={flag} title={flag}>
            {flag}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Number(the: { label: string; term: string; value: string; more: string; tone: string; test: string }) {
  return (
    <div class="number" title={the.term}>
      <span class="number-label">{the.label}</span>
      <b class={`number-value ${the.value === "none" ? "no-number" : the.tone}`} data-test={the.test}>
        {the.value}
      </b>
      <span class="number-more" title={the.more}>
        {the.more}
      </span>
    </div>
  );
}
