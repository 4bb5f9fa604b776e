/** All cases of the folder, and new ones: demo, or images by drag and drop. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { CaseRow } from "../api/types";
import { cases, openCase } from "../state/desk";
import { server } from "../state/link";
import { loadCase, openDemo, said } from "../state/plan";
import { NewCase } from "./new_case";
import { discard, ofDrop, ofInput, send, sending } from "./upload";
import "./cases.css";

export function CasesTab() {
  const now = sending.value;
  return (
    <div class="cases">
      <h2>New case</h2>
      {now.state === "found" ? <NewCase found={now.found} /> : <Drop />}
      <h2>Cases in this folder</h2>
      <List />
    </div>
  );
}

function Drop() {
  const now = sending.value;
  const [over, setOver] = useState(false);
  const folder = useRef<HTMLInputElement>(null);
  const files = useRef<HTMLInputElement>(null);
  useEffect(() => {
    // A file dropped beside the field must not take the page away.
    const keep = (event: DragEvent) => event.preventDefault();
    window.addEventListener("dragover", keep);
    window.addEventListener("drop", keep);
    return () => {
      window.removeEventListener("dragover", keep);
      window.removeEventListener("drop", keep);
    };
  }, []);
  const drop = async (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    if (!event.dataTransfer) return;
    sending.value = { state: "gathering" };
    try {
      send(await ofDrop(event.dataTransfer));
    } catch (problem) {
      sending.value = { state: "failed", why: said(problem) };
    }
  };
  if (now.state === "gathering" || now.state === "sending" || now.state === "reading")
    return (
      <div class="drop busy" data-test="sending" aria-busy="true">
        <p role="status">
          {now.state === "gathering"
            ? "Looking through the folder…"
            : now.state === "sending"
              ? `Sending ${now.files} ${now.files === 1 ? "file" : "files"}: ${Math.round(now.fraction * 100)} %`
              : "Reading what is in them…"}
        </p>
        <progress max={1} value={now.state === "sending" ? now.fraction : undefined} aria-label="Upload" />
        <button type="button" onClick={discard}>
          Stop
        </button>
      </div>
    );
  return (
    <>
      {now.state === "failed" && (
        <p class="refusal" role="alert" data-test="upload-refused">
          {now.why.where && <b>{now.why.where}: </b>}
          {now.why.what} {now.why.remedy}
        </p>
      )}
      <div
        class={over ? "drop over" : "drop"}
        data-test="drop"
        onDragOver={(e) => {
          e.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(e) => void drop(e)}
      >
        <p>
          <b>Drop images here:</b> a DICOM folder or zip, NIfTI, NRRD; with RTSTRUCT, SEG or label maps where there are any.
        </p>
        <div class="row">
          <button type="button" data-test="choose-folder" onClick={() => folder.current?.click()}>
            Choose a folder
          </button>
          <button type="button" data-test="choose-files" onClick={() => files.current?.click()}>
            Choose files
          </button>
        </div>
        <p class="hint">They stay on this machine.</p>
        <input
          ref={(input) => {
            folder.current = input;
            input?.setAttribute("webkitdirectory", "");
          }}
          type="file"
          class="aloud"
          tabIndex={-1}
          aria-label="Folder of images"
          data-test="folder-input"
          onChange={(e) => send(ofInput(e.currentTarget))}
        />
        <input
          ref={files}
          type="file"
          class="aloud"
          tabIndex={-1}
          aria-label="Image files"
          data-test="files-input"
          multiple
          onChange={(e) => send(ofInput(e.currentTarget))}
        />
      </div>
    </>
  );
}

function List() {
  const rows = cases.value;
  const [busy, setBusy] = useState(false);
  const [why, setWhy] = useState("");
  const demo = async () => {
    setBusy(true);
    setWhy("");
    try {
      await openDemo("kidney");
    } catch (problem) {
      const { what, remedy } = said(problem);
      setWhy(`${what} ${remedy}`);
    }
    setBusy(false);
  };
  if (rows === null)
    return <p class="hint">{server.value === "gone" ? "The server does not answer." : "Looking for cases…"}</p>;
  return (
    <>
      {rows.length === 0 && <p class="hint">There is none yet. Drop images above, or begin with the demo.</p>}
      {why && (
        <p class="refusal" role="alert">
          {why}
        </p>
      )}
      <ul class="case-rows">
        {[...rows].sort((a, b) => b.modified.localeCompare(a.modified)).map((row) => (
          <Row key={row.id} row={row} />
        ))}
      </ul>
      <button type="button" disabled={busy} data-test="cases-demo" onClick={() => void demo()}>
        {busy ? "Making the demo case…" : "Open the bundled demo"}
      </button>
    </>
  );
}

const RUN = { valid: "simulated", stale: "run is STALE", none: "not simulated" };

function Row({ row }: { row: CaseRow }) {
  const [shows, setShows] = useState(true);
  const broken = (row as CaseRow & { error?: { what: string; remedy: string } | null }).error;
  const open = openCase.value?.id === row.id;
  return (
    <li class={open ? "is-open" : ""}>
      <button type="button" data-test={`case-${row.id}`} aria-current={open ? "true" : undefined} onClick={() => void loadCase(row.id)}>
        <span class="thumb">
          {shows && !broken && (
            <img
              src={`/api/cases/${encodeURIComponent(row.id)}/thumbnail.png?of=${encodeURIComponent(row.modified)}`}
              alt=""
              loading="lazy"
              onError={() => setShows(false)}
            />
          )}
        </span>
        <span class="about">
          <b>{row.title}</b>
          {broken ? (
            <span class="bad">
              {broken.what} {broken.remedy}
            </span>
          ) : (
            <>
              <span>
                {[row.organ.replaceAll("_", " ") || "organ unknown", row.has_target ? `${row.needles} ${row.needles === 1 ? "needle" : "needles"}` : "DRAFT: no target yet"].join(" · ")}
              </span>
              <span>
                {[RUN[row.run], row.review === "starter" ? "machine-made plan" : row.review, day(row.modified)].filter(Boolean).join(" · ")}
              </span>
              {row.flags.length > 0 && <span class="warn">{row.flags.join(" · ")}</span>}
            </>
          )}
        </span>
      </button>
    </li>
  );
}

const day = (iso: string): string => (iso ? new Date(iso).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" }) : "");
