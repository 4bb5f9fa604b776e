/** AS PLACED: needles where a control CT shows them. First the control CT, then two points a needle, then what came of it. */
import { useRef, useState } from "preact/hooks";
import { openCase } from "../state/desk";
import { ownBox, placed } from "../state/placed";
import { ofDrop, ofInput } from "../cases/upload";
import { workingOn } from "../verbs/kept";
import { Failed, Working } from "../verbs/parts";
import { choices, chooseSeries, failed, putAway, sendControl, sending } from "./control";
import { FoundPart } from "./found_part";
import "./layer";
import "./placed.css";
import { names, series } from "./points";
import { PointsPart } from "./points_part";

export function PlacedTab() {
  if (!openCase.value) return null;
  const busy = workingOn("as-placed");
  return (
    <div class="verb placed" data-test="as-placed">
      <h2>Needles as placed</h2>
      {!names.value.length ? (
        <p class="hint">The plan has no needle yet.</p>
      ) : busy ? (
        <Working kind="as-placed" />
      ) : (
        <>
          <Control />
          {ownBox.value && <PointsPart />}
        </>
      )}
      <FoundPart found={placed.value} />
    </div>
  );
}

function Control() {
  const folder = useRef<HTMLInputElement>(null);
  const files = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  if (sending.value)
    return (
      <p class="hint" role="status" aria-busy="true" data-test="control-sending">
        {sending.value}
      </p>
    );
  return (
    <section>
      {failed.value && <Failed refusal={failed.value} />}
      {ownBox.value ? (
        <p class="row">
          <span>
            Control CT: <b>{ownBox.value.name}</b>
          </span>
          <button type="button" data-test="control-away" onClick={putAway}>
            Put away
          </button>
        </p>
      ) : (
        <div
          class={over ? "drop over" : "drop"}
          data-test="control-drop"
          onDragOver={(e) => {
            e.preventDefault();
            setOver(true);
          }}
          onDragLeave={() => setOver(false)}
          onDrop={(e) => {
            e.preventDefault();
            setOver(false);
            if (e.dataTransfer) void ofDrop(e.dataTransfer).then(sendControl);
          }}
        >
          <p>
            <b>Drop the control CT here</b>, with the needles in: a DICOM folder or zip, NIfTI or NRRD.
          </p>
          <div class="row">
            <button type="button" data-test="control-choose-folder" onClick={() => folder.current?.click()}>
              Choose a folder
            </button>
            <button type="button" data-test="control-choose" onClick={() => files.current?.click()}>
              Choose files
            </button>
          </div>
          <input
            ref={(input) => {
              folder.current = input;
              input?.setAttribute("webkitdirectory", "");
            }}
            type="file"
            class="aloud"
            tabIndex={-1}
            aria-label="Folder of the control CT"
            onChange={(e) => void sendControl(ofInput(e.currentTarget))}
          />
          <input
            ref={files}
            type="file"
            class="aloud"
            tabIndex={-1}
            aria-label="Files of the control CT"
            data-test="control-files"
            multiple
            onChange={(e) => void sendControl(ofInput(e.currentTarget))}
          />
        </div>
      )}
      {choices.value.length > 1 && (
        <label>
          Image{" "}
          <select data-test="control-series" value={series.value} onChange={(e) => void chooseSeries(e.currentTarget.value)}>
            <option value="" disabled>
              choose one of {choices.value.length}
            </option>
            {choices.value.map((s) => (
              <option key={s.key} value={s.key}>
                {s.description || s.file || s.key} ({s.images} images)
              </option>
            ))}
          </select>
        </label>
      )}
    </section>
  );
}
