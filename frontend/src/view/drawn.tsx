/** 3-D without WebGL2: a picture that the server draws. */
import { signal, useComputed } from "@preact/signals";
import { openCase, results, saved } from "../state/desk";
import { solidWords } from "./corners";

const pictureFailed = signal("");

let able: boolean | null = null;

/** Whether the browser can draw in 3-D at all. */
export function canDraw(): boolean {
  if (able === null) {
    const probe = document.createElement("canvas").getContext("webgl2");
    probe?.getExtension("WEBGL_lose_context")?.loseContext();
    able = probe !== null;
  }
  return able;
}

/** A picture that the server draws, for browsers without WebGL2. */
export function Drawn({ why, onEnlarge }: { why: string; onEnlarge: () => void }) {
  const ice = useComputed(solidWords);
  const info = openCase.value;
  const run = results.value?.run;
  if (!info) return null;
  // The picture is of the whole: it is not drawn anew for every slice.
  const at = info.centre_mm.map((v) => v.toFixed(1)).join(",");
  const key = `${saved.value?.revision ?? 0} ${run?.key ?? ""}`;
  return (
    <div class="solid" data-test="view-3d-picture">
      <img
        src={`/api/cases/${encodeURIComponent(info.id)}/slice.png?plane=3d&at=${at}&key=${encodeURIComponent(key)}`}
        alt="Ice, target and needles in 3-D, drawn by the server"
        onLoad={() => (pictureFailed.value = "")}
        onError={() => (pictureFailed.value = key)}
        hidden={pictureFailed.value === key}
      />
      {pictureFailed.value === key && <p class="slice-state">The server has no 3-D picture of this plan yet.</p>}
      <p class="corner corner-title">
        <b>3-D picture</b>
        <span>{why}: drawn by the server, it cannot be turned.</span>
      </p>
      {ice.value && (
        <p class="corner corner-window">
          <b class={`ice-word ice-${ice.value.tone}`}>{ice.value.word}</b>
        </p>
      )}
      <button type="button" class="enlarge" data-own title="Enlarge or restore" aria-label="Enlarge or restore the 3-D view" onClick={onEnlarge}>
        ⤢
      </button>
    </div>
  );
}
