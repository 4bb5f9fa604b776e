/** Needles as placed beside the plan: how far off, what margin is left, where one more helps. */
import type { Strip } from "../api/types";
import { asPlaced, openCase, results, saved } from "../state/desk";
import { startJob } from "../state/jobs";
import { type Placed, laidWords, lookAt, looking } from "../state/placed";
import { changePlan } from "../state/plan";
import { celsius, mm, percent } from "../shell/words";
import { workingOn } from "../verbs/kept";
import { Picture, StandsTo, Working } from "../verbs/parts";
import { Whose } from "../verbs/whose";
import { one } from "./words";

export function FoundPart({ found }: { found: Placed | null }) {
  if (!found?.told) return <p class="hint" data-test="as-placed-empty">No needles were set on a control CT yet.</p>;
  const { told, status } = found;
  return (
    <section class={status === "stale" ? "is-stale" : ""} data-test="as-placed-found">
      <StandsTo status={status} what="AS PLACED" />
      <h3>
        AS PLACED on {told.control}
        {told.at_min > 0 && `, minute ${told.at_min}`}
      </h3>
      <p data-test="registration">
        Control CT {laidWords(told.registration)}
        {told.registration.residual_deg !== null && ` and ±${told.registration.residual_deg.toFixed(1)}°`} at the target. It lay {told.registration.moved_mm.toFixed(1)} mm and{" "}
        {told.registration.turned_deg.toFixed(1)}° off.
      </p>
      <table data-test="deviations">
        <thead>
          <tr>
            {["Off by, mm", "Tip", "Deeper", "Beside", "Entry", "Angle"].map((head) => (
              <th key={head} scope="col">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {told.needles.map(({ needle, set_on_streak, off }) => (
            <tr key={needle}>
              <td>
                {needle}
                {!set_on_streak && <span class="hint"> not set: as planned, nobody knows where it lies</span>}
              </td>
              {[off?.tip_mm, off?.deeper_mm, off?.beside_mm, off?.entry_mm, off?.angle_deg].map((v, i) => (
                <td key={i} class="figure">
                  {one(v)}
                  {i === 4 && v !== undefined && "°"}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <Working kind="placed-run" />
      {found.beside && <Numbers found={found} />}
      {told.advice && (
        <p data-test="advice">
          <b>Next needle:</b> {told.advice}{" "}
          {told.next_needle && status === "valid" && (
            <button type="button" data-test="take-next" title="As one more needle of the plan; the needles as placed then belong to the plan before" onClick={() => void changePlan((p) => ({ ...p, probes: [...p.probes, told.next_needle!] }), "One more needle, as advised AS PLACED")}>
              Add it to the plan
            </button>
          )}
        </p>
      )}
      {status === "valid" && (
        <>
          <Whose />
          <p class="row">
            {found.control_key && looking.value !== "laid" && (
              <button type="button" data-test="see-laid" onClick={() => lookAt("laid")}>
                See them on the control CT
              </button>
            )}
            <a class="button" href={`/api/cases/${encodeURIComponent(openCase.value!.id)}/report.html?as_placed=true`} target="_blank" rel="noopener" data-test="report-placed">
              Report AS PLACED
            </a>
          </p>
        </>
      )}
      <Picture at="placed.png" version={`${saved.value?.revision ?? 0}-${found.control_key ?? ""}`} alt="Planned needles dashed, as placed solid, on the control CT" test="placed-picture" />
    </section>
  );
}

const near = (strip: Strip | null): string =>
  strip?.nearest ? `${strip.nearest.name.replaceAll("_", " ")}${strip.nearest.coldest_c === null ? "" : ` ${celsius(strip.nearest.coldest_c)}`}` : "none";

/** Margin, coverage and nearest structure, PLANNED and AS PLACED side by side. */
function Numbers({ found }: { found: Placed }) {
  const { planned, as_placed } = found.beside!;
  const both = [planned, as_placed] as const;
  const word = (one: (typeof both)[number]): string =>
    one.run.status === "none" ? "not simulated" : one.run.status === "stale" ? "STALE" : `${one.run.nominal_only ? "nominal, " : ""}cells of ${one.run.spacing_mm} mm`;
  const say = (one: (typeof both)[number], words: (strip: Strip) => string): string => (one.strip && one.run.status === "valid" ? words(one.strip) : "–");
  const rows: [string, string, (strip: Strip) => string][] = [
    ["Minimum margin at 0 °C", "margin", (s) => (s.margin_min_mm === null ? "none" : mm(s.margin_min_mm))],
    ["Margin, P10", "p10", (s) => (s.margin_p10_mm === null ? "no spread yet" : mm(s.margin_p10_mm))],
    ["−20 °C coverage", "coverage", (s) => (s.coverage_20 === null ? "none" : percent(s.coverage_20))],
    ["Nearest structure", "nearest", near],
  ];
  return (
    <>
      <table data-test="placed-numbers">
        <thead>
          <tr>
            <th scope="col">Full runs</th>
            <th scope="col">PLANNED</th>
            <th scope="col">AS PLACED</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(([label, name, words]) => (
            <tr key={name}>
              <th scope="row">{label}</th>
              {both.map((one, i) => (
                <td key={i} class="figure" data-test={`${i ? "placed" : "planned"}-${name}`}>
                  {say(one, words)}
                </td>
              ))}
            </tr>
          ))}
          <tr>
            <th scope="row">Of</th>
            {both.map((one, i) => (
              <td key={i}>{word(one)}</td>
            ))}
          </tr>
        </tbody>
      </table>
      <p class="row">
        {planned.run.status !== "valid" && !workingOn("simulate") && (
          <button type="button" data-test="run-planned" onClick={() => void startJob("simulate")}>
            Simulate the plan to compare
          </button>
        )}
        {as_placed.run.status !== "valid" && !workingOn("placed-run") && (
          <button type="button" class="primary" data-test="run-placed" onClick={() => void startJob("placed-run")}>
            Simulate AS PLACED
          </button>
        )}
        {asPlaced.value && results.value?.run.nominal_only && <span class="hint">bounds being made</span>}
      </p>
    </>
  );
}
