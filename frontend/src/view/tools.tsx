/** The row above the views: layout, window, display, and what the lines mean. */
import { cold, cross, openCase, results } from "../state/desk";
import { iceLines } from "../state/observed";
import { lookAt, looking, lying, other, ownBox, placed, seen, showPlaced } from "../state/placed";
import { WINDOWS, display, layout, smooth, window_ } from "../state/view";
import { ISOTHERMS } from "./colours";
import { eyes } from "./eye";
import { CHANGED, greyWindow } from "./grey";
import { MARGIN_STEPS } from "./margin";
import { gravity } from "./plane";

const LYING: Record<string, string> = { S: "supine", P: "prone", DL: "left side down", DR: "right side down" };

function Choice({ pressed, test, title, onClick, children }: { pressed: boolean; test: string; title: string; onClick: () => void; children: string }) {
  return (
    <button type="button" aria-pressed={pressed} data-test={test} title={title} onClick={onClick}>
      {children}
    </button>
  );
}

export function Tools() {
  const info = openCase.value;
  const ct = !seen.value || seen.value.header.quantity === "HU";
  const now = greyWindow(seen.value);
  const down = gravity(info?.patient_position ?? "");
  const worst = results.value?.strip?.margin_where_mm ?? null;
  const lying = LYING[(info?.patient_position ?? "").slice(2)];
  return (
    <div class="tools" role="toolbar" aria-label="How the views are shown">
      <span class="tool-group" role="group" aria-label="Layout">
        <Choice pressed={layout.value === "first"} test="layout-first" title="Axial slice, plane of the needle, 3-D" onClick={() => (layout.value = "first")}>
          Needle
        </Choice>
        <Choice pressed={layout.value === "four"} test="layout-four" title="Axial, coronal, sagittal, 3-D" onClick={() => (layout.value = "four")}>
          Four-up
        </Choice>
      </span>
      {(ownBox.value || placed.value?.control_key) && (
        <span class="tool-group" role="group" aria-label="Image">
          <Choice pressed={other.value === null} test="image-planning" title="The image that the plan was made on" onClick={() => lookAt("planning")}>
            Planning CT
          </Choice>
          {ownBox.value && (
            <Choice pressed={looking.value === "own"} test="image-own" title="The control CT in its own place: to point at its streaks" onClick={() => lookAt("own")}>
              Control CT
            </Choice>
          )}
          {placed.value?.control_key && (
            <Choice pressed={looking.value === "laid"} test="image-laid" title="The control CT laid over the planning image, with the plan on it" onClick={() => lookAt("laid")}>
              Control, laid over
            </Choice>
          )}
        </span>
      )}
      <span class="tool-group" role="group" aria-label="Window">
        {ct ? (
          WINDOWS.map((preset) => (
            <Choice
              key={preset.name}
              pressed={now.name === preset.name}
              test={`window-${preset.name.toLowerCase().replace(" ", "-")}`}
              title={`W ${preset.width} L ${preset.level}`}
              onClick={() => (window_.value = preset)}
            >
              {preset.name}
            </Choice>
          ))
        ) : (
          <Choice pressed={now.name !== CHANGED} test="window-image" title="From the image's own range" onClick={() => (window_.value = WINDOWS[0]!)}>
            Image's own
          </Choice>
        )}
      </span>
      <span class="tool-group" role="group" aria-label="Display">
        <Choice pressed={display.value === "anatomical" || !down} test="display-anatomical" title="Patient right on screen left" onClick={() => (display.value = "anatomical")}>
          Anatomical
        </Choice>
        <button
          type="button"
          aria-pressed={display.value === "table" && down !== null}
          data-test="display-table"
          disabled={!down}
          title={down ? `Gravity points down the screen (${lying})` : "The image does not say how the patient lies."}
          onClick={() => (display.value = "table")}
        >
          As on the table
        </button>
      </span>
      <span class="tool-group">
        <Choice pressed={smooth.value} test="smooth" title="Smooth between the image's cells, or show each cell" onClick={() => (smooth.value = !smooth.value)}>
          Smooth
        </Choice>
        <button
          type="button"
          data-test="go-worst"
          disabled={!worst || looking.value === "own"}
          title="Bring all slices to the smallest margin"
          onClick={() => {
            if (!worst) return;
            cross.value = worst;
            for (const eye of Object.values(eyes)) if (eye.kind !== "needle") eye.centre.value = worst;
          }}
        >
          Worst margin
        </button>
        {placed.value?.status === "valid" && (
          <Choice pressed={showPlaced.value} test="show-placed" title="Needles as placed, solid, beside the planned ones, dashed" onClick={() => (showPlaced.value = !showPlaced.value)}>
            As placed
          </Choice>
        )}
      </span>
      {(cold.value || iceLines.value.length > 0) && looking.value !== "own" && <Legend />}
    </div>
  );
}

/** What the lines mean, in the same colours and dashes. */
function Legend() {
  return (
    <ul class="legend" aria-label="What the lines mean">
      {ISOTHERMS.map((isotherm) => (
        <li key={isotherm.celsius}>
          <svg width="26" height="8" aria-hidden="true">
            <line x1="0" y1="4" x2="26" y2="4" class="legend-line" style={{ stroke: `var(--${isotherm.token})`, strokeDasharray: isotherm.dash.join(" ") }} />
          </svg>
          {isotherm.words}
        </li>
      ))}
      <li title={MARGIN_STEPS.map((s) => s.words).join(", ")}>
        <span class="legend-steps" aria-hidden="true">
          {MARGIN_STEPS.map((step) => (
            <i key={step.words} style={{ background: step.colour }} />
          ))}
        </span>
        margin &lt;0, 3, 5, 10, more mm
      </li>
      <li>dashed: predicted</li>
      {iceLines.value.length > 0 && (
        <li data-test="legend-observed">
          <svg width="26" height="8" aria-hidden="true">
            <line x1="0" y1="4" x2="26" y2="4" class="legend-line legend-observed" />
          </svg>
          {iceLines.value.map((line) => line.words).join(", ")}
        </li>
      )}
      {lying.value.length > 0 && (
        <li data-test="legend-needles">
          <svg width="26" height="8" aria-hidden="true">
            <line x1="0" y1="4" x2="26" y2="4" class="legend-line legend-placed" />
          </svg>
          as placed
          <svg width="26" height="8" aria-hidden="true">
            <line x1="0" y1="4" x2="26" y2="4" class="legend-line legend-planned" />
          </svg>
          planned
        </li>
      )}
    </ul>
  );
}
