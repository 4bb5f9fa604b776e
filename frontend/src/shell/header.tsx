/** The case, whether all is saved, undo and redo, the work going on, theme and help. */
import { dragged, openCase, saved } from "../state/desk";
import { startJob } from "../state/jobs";
import { redo, saving, undo, unsaved, working } from "../state/plan";
import { theme } from "../state/view";
import { helpOpen } from "./help_state";
import { Jobs } from "./jobs";
import { chooseTab } from "./tabs";

export function Header() {
  const info = openCase.value;
  const told = saved.value;
  const simulating = working.value.some((j) => j.kind === "simulate");
  return (
    <header class="head" id="head" tabIndex={-1}>
      <span class="mark" aria-hidden="true">
        Iceball
      </span>
      {info ? (
        <>
          <h1>
            <button type="button" class="case-name" title={`${info.title}: to all cases`} data-test="case-name" onClick={() => chooseTab("cases")}>
              <b>{info.title}</b>
              <span>{info.organ.replaceAll("_", " ")}</span>
            </button>
          </h1>
          <ul class="flags case-flags" aria-label="Flags of the case">
            {info.flags.map((flag) => (
              <li key={flag} title={flag}>
                {flag}
              </li>
            ))}
          </ul>
          <SaveState />
          <span class="pair">
            <button type="button" data-test="undo" disabled={!told?.can_undo} title="Undo (Ctrl+Z)" onClick={() => void undo()}>
              Undo
            </button>
            <button type="button" data-test="redo" disabled={!told?.can_redo} title="Redo (Ctrl+Shift+Z)" onClick={() => void redo()}>
              Redo
            </button>
          </span>
          <button
            type="button"
            class="primary"
            data-test="simulate"
            disabled={simulating || !told?.plan.probes.length || dragged.value !== null}
            title="Run the full simulation of this plan (S)"
            onClick={() => void startJob("simulate")}
          >
            Simulate
          </button>
        </>
      ) : (
        <span class="case-name none">
          <b>No case open</b>
        </span>
      )}
      <Jobs />
      <button
        type="button"
        data-test="theme"
        title={theme.value === "dark" ? "Light theme" : "Dark theme, for the control room"}
        onClick={() => (theme.value = theme.value === "dark" ? "light" : "dark")}
      >
        {theme.value === "dark" ? "Light" : "Dark"}
      </button>
      <button type="button" data-test="help" title="Shortcuts and tour (?)" aria-label="Help: shortcuts and tour" onClick={() => (helpOpen.value = true)}>
        ?
      </button>
    </header>
  );
}

function SaveState() {
  const told = saved.value;
  const words = saving.value
    ? "Saving…"
    : unsaved.value
      ? "Not saved: waiting for the server"
      : dragged.value
        ? "Not saved yet"
        : told
          ? `Saved, revision ${told.revision}`
          : "";
  return (
    <span class={unsaved.value ? "save warn" : "save"} role="status" data-test="save-state" title={told ? `Last change: ${told.what}` : ""}>
      {words}
    </span>
  );
}
