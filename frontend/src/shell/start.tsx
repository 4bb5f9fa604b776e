/** Nothing is open: how to begin; or what is being opened; or why it cannot be. */
import type { CaseRow } from "../api/types";
import { useState } from "preact/hooks";
import { cases } from "../state/desk";
import { server } from "../state/link";
import { loadCase, openDemo, opening, said } from "../state/plan";
import { tourStep } from "./help_state";
import { chooseTab } from "./tabs";
import { tourDone } from "./tour";

export function Start() {
  const now = opening.value;
  const [busy, setBusy] = useState("");
  const [failed, setFailed] = useState("");
  const demo = async (which: string) => {
    setBusy(which);
    setFailed("");
    try {
      const before = cases.value?.find((row) => row.id === `demo-${which}`);
      await (before ? loadCase(before.id) : openDemo(which));
      if (!tourDone()) tourStep.value = 0;
    } catch (problem) {
      const { what, remedy } = said(problem);
      setFailed(`${what} ${remedy}`);
    }
    setBusy("");
  };
  if (now?.failed)
    return (
      <div class="start" data-test="case-failed">
        <h1>The case cannot be opened</h1>
        <p class="refusal" role="alert">
          {now.failed.where && <b>{now.failed.where}: </b>}
          {now.failed.what} {now.failed.remedy}
        </p>
        <div class="row">
          <button type="button" class="primary" onClick={() => void loadCase(now.id)}>
            Try again
          </button>
          <button type="button" onClick={() => (opening.value = null)}>
            Choose another case
          </button>
        </div>
      </div>
    );
  if (now)
    return (
      <div class="start" data-test="case-opening" aria-busy="true">
        <h1>Opening {now.id}…</h1>
        <p>Images, plan and results are being read.</p>
        <progress aria-label="Opening" />
      </div>
    );
  const rows = cases.value;
  return (
    <div class="start" data-test="start">
      <h1>Plan a freeze, see the ice</h1>
      <p>
        Iceball computes the ice of cryoablation needles in the tissue of one patient. Nothing leaves this machine.
      </p>
      {failed && (
        <p class="refusal" role="alert">
          {failed}
        </p>
      )}
      <div class="cards">
        <button type="button" class="card primary" data-test="open-demo" disabled={!!busy || server.value === "gone"} onClick={() => void demo("kidney")}>
          <b>{busy === "kidney" ? "Making the demo case…" : "Open the demo case"}</b>
          <span>A synthetic 28 mm mass painted into the kidney of a real CT, with three needles to move.</span>
        </button>
        <button type="button" class="card" data-test="open-demo-sarcoma" disabled={!!busy || server.value === "gone"} onClick={() => void demo("sarcoma")}>
          <b>{busy === "sarcoma" ? "Making the demo case…" : "The larger demo case"}</b>
          <span>A soft-tissue sarcoma on a published CT, contoured by hand, with seven needles.</span>
        </button>
        <button type="button" class="card" data-test="go-upload" onClick={() => chooseTab("cases")}>
          <b>Upload images</b>
          <span>DICOM folder or zip, NIfTI, RTSTRUCT or SEG. They stay on this machine.</span>
        </button>
      </div>
      {rows === null ? (
        <p class="hint">{server.value === "gone" ? "The server does not answer." : "Looking for cases…"}</p>
      ) : rows.length ? (
        <>
          <h2>Your cases</h2>
          <ul class="case-list">
            {newestFirst(rows).slice(0, 8).map((row) => (
              <li key={row.id}>
                <button type="button" data-test={`open-${row.id}`} onClick={() => void loadCase(row.id)}>
                  <b>{row.title}</b>
                  <span>
                    {row.error ? <span class="bad">cannot be read · </span> : null}
                    {row.organ.replaceAll("_", " ")} · {row.has_target ? `${row.needles} needle${row.needles === 1 ? "" : "s"}` : "no target yet"} ·{" "}
                    {row.run === "valid" ? "simulated" : row.run === "stale" ? "run is STALE" : "not simulated"}
                  </span>
                </button>
              </li>
            ))}
          </ul>
          {rows.length > 8 && (
            <button type="button" onClick={() => chooseTab("cases")}>
              All {rows.length} cases
            </button>
          )}
        </>
      ) : (
        <p class="hint">There is no case in this folder yet.</p>
      )}
    </div>
  );
}

/** What was worked on last is wanted first. */
const newestFirst = (rows: CaseRow[]): CaseRow[] => [...rows].sort((a, b) => b.modified.localeCompare(a.modified));
