/** The report as it is printed: seen here, opened beside, taken along. */
import { useState } from "preact/hooks";
import { asPlaced, openCase, saved } from "../state/desk";
import { startJob } from "../state/jobs";
import { useTold, workingOn } from "./kept";
import { Failed, Loading, StandsTo, Working } from "./parts";
import type { Verdict } from "./told";
import { Whose } from "./whose";
import "./verbs.css";

export function ReportTab() {
  const reading = useTold<Verdict>(asPlaced.value ? "verdict?as_placed=true" : "verdict", ["simulate", "assess", "spread", "report", "placed-run"]).value;
  if (!reading) return <Loading />;
  if (reading.failed || !reading.value) return <Failed refusal={reading.failed!} />;
  const { report, run, assessment } = reading.value;
  const at = `/api/cases/${encodeURIComponent(openCase.value!.id)}`;
  const busy = workingOn("simulate") ?? workingOn("placed-run") ?? workingOn("assess") ?? workingOn("report");
  const version = `?as_placed=${asPlaced.value}&of=${run.key}-${assessment.key.slice(0, 12)}-${report}-${saved.value?.revision ?? 0}`;
  return (
    <div class="verb report" data-test="report">
      <h2>Report{asPlaced.value && " AS PLACED"}</h2>
      <Whose />
      <StandsTo status={report} what="This report" />
      {report !== "valid" && !busy && (
        <p class="row">
          {report === "none" && <span data-test="report-empty">Nothing to report yet: it is drawn from a full run, never from a preview.</span>}
          <button type="button" class="primary" data-test="report-make" onClick={() => void (run.status === "valid" ? startJob("assess", { as_placed: asPlaced.value }) : startJob(asPlaced.value ? "placed-run" : "simulate"))}>
            {run.status === "valid" ? "Assess" : "Simulate"}
          </button>
        </p>
      )}
      <Working kind="simulate" />
      <Working kind="placed-run" />
      <Working kind="assess" />
      <Working kind="report" />
      {report !== "none" && (
        <>
          <p class="row">
            <a class="button" data-test="report-open" href={`${at}/report.html${version}`} target="_blank" rel="noopener">
              Open in a tab
            </a>
            <a class="button" data-test="report-pdf" href={`${at}/report.pdf${version}`} download>
              PDF
            </a>
            <a class="button" data-test="report-zip" href={`${at}/export.zip${version}`} download>
              Export (zip)
            </a>
          </p>
          <Frame key={version} src={`${at}/report.html${version}`} title={`Report${report === "stale" ? ", STALE" : ""}`} />
        </>
      )}
    </div>
  );
}

/** The page of the report; it is drawn when it is first asked for, which takes some seconds. */
function Frame({ src, title }: { src: string; title: string }) {
  const [there, setThere] = useState(false);
  return (
    <div class="report-place" aria-busy={!there}>
      {!there && (
        <p class="hint" role="status">
          The report is being drawn …
        </p>
      )}
      <iframe class="report-frame" data-test="report-frame" data-loaded={there} title={title} src={src} sandbox="" onLoad={() => setThere(true)} />
    </div>
  );
}
