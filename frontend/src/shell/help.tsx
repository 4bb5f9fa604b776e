/** `?`: all shortcuts, what the words and colours mean, and the tour again. */
import { useEffect, useRef } from "preact/hooks";
import { openCase } from "../state/desk";
import { helpOpen, tourStep } from "./help_state";
import { SHORTCUTS } from "./shortcuts";

const TERMS: [string, string][] = [
  ["Isotherm", "Where the tissue got exactly that cold at its coldest. Predicted ones are dashed, observed ones solid."],
  ["Margin", "Distance from the target's surface out to the 0 °C isotherm; negative where the target sticks out."],
  ["P10", "With all that is not known drawn anew, one run in ten was worse than this."],
  ["PREVIEW", "A coarse, fast run of the plan under the hand, or of one that was never simulated. It is never reported or exported."],
  ["STALE", "The plan was changed since. Undo brings the old numbers back; Simulate makes new ones."],
  ["Nominal", "The run with every number at its best estimate; its bounds (low and high flow, chart-like) follow."],
];

export function Help() {
  const dialog = useRef<HTMLDialogElement>(null);
  const open = helpOpen.value;
  useEffect(() => {
    if (open && !dialog.current?.open) dialog.current?.showModal();
  }, [open]);
  if (!open) return null;
  const close = () => (helpOpen.value = false);
  return (
    <dialog ref={dialog} class="dialog help" aria-labelledby="help-title" data-test="shortcuts" onClose={close}>
      <div class="row">
        <h2 id="help-title" class="grow">
          Keys and words
        </h2>
        {openCase.value && (
          <button
            type="button"
            data-test="start-tour"
            onClick={() => {
              close();
              tourStep.value = 0;
            }}
          >
            Take the tour
          </button>
        )}
        <button type="button" onClick={close} data-test="close-help">
          Close
        </button>
      </div>
      <div class="help-columns">
        <table>
          <caption class="aloud">Shortcuts</caption>
          <tbody>
            {SHORTCUTS.map((s) => (
              <tr key={s.keys}>
                <th scope="row">
                  <kbd>{s.keys}</kbd>
                </th>
                <td>{s.says}</td>
              </tr>
            ))}
          </tbody>
        </table>
        <dl>
          {TERMS.map(([word, says]) => (
            <div key={word}>
              <dt>{word}</dt>
              <dd>{says}</dd>
            </div>
          ))}
          <div>
            <dt>Lines</dt>
            <dd class="key-lines">
              <span class="swatch swatch-0">0 °C</span> <span class="swatch swatch-20">−20 °C</span> <span class="swatch swatch-40">−40 °C</span>{" "}
              <span class="swatch swatch-target">target</span> <span class="swatch swatch-structure">structure</span>
            </dd>
          </div>
          <div>
            <dt>Mouse</dt>
            <dd>
              Wheel: slices. Left drag: window. Middle drag: pan. Right drag: zoom. Left click: cross there. Double click: one view large. Handles of a
              needle: drag.
            </dd>
          </div>
        </dl>
      </div>
    </dialog>
  );
}
