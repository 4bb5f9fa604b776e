/** The verdict as a radiologist reads it: one sentence, goals, structures, what nobody could assess, how sure. */
import { asPlaced } from "../state/desk";
import { startJob } from "../state/jobs";
import { Histogram, Sensors } from "./curves";
import { useTold, workingOn } from "./kept";
import { CardsOf, Failed, Loading, More, StandsTo, TableOf, Working } from "./parts";
import type { Told, Verdict } from "./told";
import { Whose } from "./whose";
import "./verbs.css";

export function ResultsTab() {
  const reading = useTold<Verdict>(asPlaced.value ? "verdict?as_placed=true" : "verdict", ["simulate", "assess", "spread", "placed-run"]).value;
  if (!reading) return <Loading />;
  if (reading.failed || !reading.value) return <Failed refusal={reading.failed!} />;
  const { run, assessment, spread, told } = reading.value;
  const stale = run.status === "stale" || assessment.status === "stale";
  return (
    <div class="verb results" data-test="results">
      <h2>Results{asPlaced.value && " AS PLACED"}</h2>
      <Whose />
      <StandsTo status={stale ? "stale" : "valid"} what={run.status === "stale" ? "This result" : "This verdict"} />
      <Next run={run.status} assessment={assessment.status} />
      <Working kind="simulate" />
      <Working kind="placed-run" />
      <Working kind="assess" />
      {told && <Body told={told} spread={spread} stale={stale} />}
      {told && (
        <p class="hint keys">
          Run <code>{run.key}</code> · assessment <code>{assessment.key.slice(0, 16)}</code>
        </p>
      )}
    </div>
  );
}

/** What is missing for a verdict of the plan as it stands, and the button that makes it. */
function Next({ run, assessment }: { run: string; assessment: string }) {
  const busy = workingOn("simulate") ?? workingOn("placed-run") ?? workingOn("assess");
  if (busy) return null;
  if (run !== "valid")
    return (
      <p class="row">
        {run === "none" && <span>No result yet: simulate the plan to see its ice, margins and structures.</span>}
        <button type="button" class="primary" data-test="simulate-again" onClick={() => void startJob(asPlaced.value ? "placed-run" : "simulate")}>
          {run === "none" ? "Simulate" : "Simulate again"}
        </button>
      </p>
    );
  if (assessment !== "valid")
    return (
      <p class="row">
        <span>{assessment === "none" ? "The run was not assessed yet." : "Goals changed: the ice is the same, its verdict is not."}</span>
        <button type="button" class="primary" data-test="assess-again" onClick={() => void startJob("assess", { as_placed: asPlaced.value })}>
          Assess
        </button>
      </p>
    );
  return null;
}

function Body({ told, spread, stale }: { told: Told; spread: string; stale: boolean }) {
  const t = told.tables;
  return (
    <div class={stale ? "is-stale" : ""}>
      <p class="headline" data-test="headline">
        {told.line}
      </p>
      <p data-test="verdict-status">
        Status: <span class={`chip tone-${told.status.tone}`}>{told.status.text}</span>
      </p>
      {told.setting_warning && <p class="warn-band">{told.setting_warning}</p>}
      <CardsOf table={t.goals} test="goals-table" />
      <CardsOf table={t.structures} test="structures-table" />
      {told.not_assessed.length > 0 && (
        <p class="not-assessed" data-test="not-assessed">
          <span class="chip tone-unknown">NOT ASSESSED</span> {told.not_assessed.join(", ")} (expected near this target, but not drawn)
        </p>
      )}
      <CardsOf table={t.stops} test="stops-table" />
      <Histogram curves={told.histogram} />
      <Sensors curves={told.sensors} />
      <TableOf table={t.volumes} test="volumes-table" />
      <TableOf table={t.surface} test="surface-table" />
      <section data-test="how-sure">
        <h3>How sure</h3>
        <p>{told.spread_words.split(" Type ")[0]}</p>
        {spread !== "valid" && !workingOn("spread") && (
          <button type="button" data-test="make-spread" disabled={stale} onClick={() => void startJob("spread", { as_placed: asPlaced.value })}>
            {spread === "stale" ? "Make the spread again" : "Make the spread"}
          </button>
        )}
        <Working kind="spread" />
      </section>
      <TableOf table={t.doubts} test="doubts-table" />
      <TableOf table={t.spread} test="spread-table" />
      <TableOf table={t.matters} test="matters-table" />
      <More title="Further structures, runs and tissue death" test="more-tables">
        <CardsOf table={t.further_structures} test="further-table" />
        <TableOf table={t.variants} test="variants-table" />
        <TableOf table={t.deaths} test="deaths-table" />
        <TableOf table={t.death_margins} test="death-margins-table" />
        <TableOf table={t.vessels} test="vessels-table" />
        <TableOf table={t.warmers} test="warmers-table" />
      </More>
      <More title="Assumptions and notes" test="notes">
        {told.notes.map((group) => (
          <section key={group.from}>
            <h3>{group.from}</h3>
            <ul>
              {group.said.map((sentence, n) => (
                <li key={n}>{sentence}</li>
              ))}
            </ul>
          </section>
        ))}
      </More>
      <More title="Every constant with its source" test="constants">
        <TableOf table={t.constants} test="constants-table" />
        <TableOf table={t.sources} test="sources-table" />
      </More>
    </div>
  );
}
