/** Plans side by side: the same patient, the same cells, the same goals. */
import { useState } from "preact/hooks";
import { startJob } from "../state/jobs";
import { Histogram } from "./curves";
import { useTold, workingOn } from "./kept";
import { Failed, Loading, Picture, StandsTo, Working } from "./parts";
import type { Compared, Kept, SearchTold } from "./told";
import "./verbs.css";

interface Revision {
  number: number;
  what: string;
  at: string;
}

export function CompareTab() {
  const reading = useTold<Kept<Compared>>("told/compare", ["compare"]).value;
  return (
    <div class="verb" data-test="compare">
      <h2>Compare</h2>
      {workingOn("compare") ? <Working kind="compare" /> : <Choose />}
      {!reading ? <Loading /> : reading.failed || !reading.value ? <Failed refusal={reading.failed!} /> : <SideBySide told={reading.value} />}
    </div>
  );
}

function Choose() {
  const revisions = useTold<Revision[]>("revisions", []).value?.value ?? [];
  const search = useTold<SearchTold>("search", ["search"]).value?.value ?? null;
  const [chosen, setChosen] = useState<string[]>(["rule"]);
  const toggle = (name: string) => setChosen(chosen.includes(name) ? chosen.filter((n) => n !== name) : [...chosen, name]);
  const newest = [...revisions].sort((a, b) => b.number - a.number).slice(1, 9);
  const options: [string, string][] = [
    ["rule", "1-2 rule and union of ellipsoids"],
    ...(search?.plans ?? []).map((_, i): [string, string] => [`proposal-${i + 1}`, `plan ${i + 1} of the search`]),
    ...newest.map((r): [string, string] => [`revision-${r.number}`, `revision ${r.number}: ${r.what}`]),
  ];
  const numbers = (kind: string) => chosen.filter((n) => n.startsWith(kind) && options.some(([o]) => o === n)).map((n) => Number(n.split("-")[1]));
  const count = 1 + numbers("revision").length + numbers("proposal").length + (chosen.includes("rule") ? 2 : 0);
  const go = (event: Event) => {
    event.preventDefault();
    void startJob("compare", { baseline: chosen.includes("rule"), proposals: numbers("proposal"), of_search: search?.key ?? "", revisions: numbers("revision") });
  };
  return (
    <form onSubmit={go}>
      <fieldset class="choose">
        <legend>Hold this plan beside</legend>
        {options.map(([name, words]) => (
          <label key={name} class="tick">
            <input type="checkbox" data-test={`compare-${name}`} checked={chosen.includes(name)} onChange={() => toggle(name)} /> {words}
          </label>
        ))}
      </fieldset>
      <p class="row">
        <button type="submit" class="primary" data-test="compare-start" disabled={count < 2}>
          Compare
        </button>
        <span class="hint">{count < 2 ? "Choose at least one." : `Up to ${count} plans, each simulated on 2 mm cells.`}</span>
      </p>
    </form>
  );
}

function SideBySide({ told }: { told: Kept<Compared> }) {
  if (!told.result) return <p class="hint" data-test="compare-empty">Nothing was compared yet.</p>;
  const { plans, absent, spacing_mm, histograms, picture } = told.result;
  const rows = [...new Set(plans.flatMap((p) => Object.keys(p.numbers)))];
  return (
    <section data-test="compare-found">
      <StandsTo status={told.status} what="This comparison" />
      <div class="scroll" role="region" tabIndex={0} aria-label="Plans side by side">
        <table class="compare">
          <thead>
            <tr>
              <th scope="col">on {spacing_mm} mm cells</th>
              {plans.map((p) => (
                <th key={p.name} scope="col">
                  {p.name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row}>
                <th scope="row">{row}</th>
                {plans.map((p) => (
                  <td key={p.name}>{cell(p.numbers[row])}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {plans.flatMap((p) => p.errors.map((e) => <p key={p.name + e} class="tone-alert">{p.name}: ERROR: {e}</p>))}
      {Object.entries(absent).map(([name, why]) => (
        <p key={name} class="hint">
          {name}: left out: {why}
        </p>
      ))}
      <Picture at={picture} version={told.key} alt="Each plan in two planes of one scale, with its isotherms" test="compare-picture" />
      <Histogram curves={Object.entries(histograms).flatMap(([name, [first]]) => (first ? [{ ...first, name }] : []))} plans test="compare-histogram" />
    </section>
  );
}

function cell(value: string | number | null | undefined): string {
  if (value === null || value === undefined) return "–";
  if (typeof value === "string") return value;
  return value.toFixed(1).replace(/\.0$/, "").replace(/^-/, "−");
}
