/** What was sent becomes a case: which images, which organ, what is known of the patient. */
import { useState } from "preact/hooks";
import { post } from "../api/client";
import type { Refusal } from "../api/types";
import { loadCase, reloadCases } from "../state/plan";
import { chooseTab } from "../shell/tabs";
import { type DrawnFile, type Found, type SeriesRow, discard, sending, sentence } from "./upload";

const POSITIONS = ["HFS", "HFP", "HFDL", "HFDR", "FFS", "FFP", "FFDL", "FFDR"];
const LIES: Record<string, string> = { S: "on the back", P: "on the belly", DL: "on the left side", DR: "on the right side" };
const lies = (position: string) => `${LIES[position.slice(2)]}, ${position.startsWith("HF") ? "head" : "feet"} first (${position})`;

/** What a file that draws is used for. */
type Use = "" | "structures" | "labels";

export function NewCase({ found }: { found: Found }) {
  const images = found.series;
  const likely = images.filter((s) => s.description !== LABELS);
  const [chosen, setChosen] = useState(likely.length === 1 ? likely[0]!.key : "");
  const series = images.find((s) => s.key === chosen) ?? null;
  const [modality, setModality] = useState("CT");
  const [organ, setOrgan] = useState("");
  const [tissue, setTissue] = useState("");
  const [title, setTitle] = useState("");
  const [side, setSide] = useState("unknown");
  const [position, setPosition] = useState("");
  const [uses, setUses] = useState<Record<string, Use>>({});
  const [target, setTarget] = useState("");
  const [busy, setBusy] = useState(false);
  const [why, setWhy] = useState<Refusal | null>(null);

  const files = found.structures.filter((f) => f.kind !== "names" && f.file !== chosen);
  const tables = found.structures.filter((f) => f.kind === "names");
  const use = (f: DrawnFile): Use => uses[f.file] ?? (f.kind === "labels" ? "" : "structures");
  const drawn = files.filter((f) => use(f) === "structures");
  const labels = files.find((f) => use(f) === "labels");
  const names = drawn.filter((f) => f.kind !== "points").flatMap((f) => f.names);
  const mr = (series?.modality || modality) === "MR";
  const ready = series !== null && (!mr || tissue !== "") && !busy;

  const make = async () => {
    setBusy(true);
    setWhy(null);
    try {
      const { id } = await post<{ id: string }>("/cases", {
        upload: found.upload,
        series: chosen,
        modality: series!.modality || modality,
        organ,
        tissue: mr ? tissue : "",
        title,
        side,
        position,
        structures: drawn.map((f) => f.file),
        labels: labels?.file ?? "",
        label_names: labels && tables[0] ? tables[0].file : "",
        target: names.includes(target) ? target : null,
      });
      sending.value = { state: "none" };
      void reloadCases();
      await loadCase(id);
      if (names.includes(target)) chooseTab("plan");
    } catch (problem) {
      setWhy(sentence(problem));
    } finally {
      setBusy(false);
    }
  };

  return (
    <div class="new-case" data-test="new-case">
      <h3>Make a case of what was sent</h3>
      <fieldset>
        <legend>Image to plan on</legend>
        {images.length === 0 && <p class="refusal">There is no CT or MR image among these files.</p>}
        {images.map((s) => (
          <label key={s.key} class="series">
            <input
              type="radio"
              name="series"
              checked={s.key === chosen}
              data-test={`series-${s.key}`}
              onChange={() => setChosen(s.key)}
            />
            <span>
              <b>{s.description && s.description !== LABELS ? s.description : s.file || s.modality}</b>
              {s.attribute && ` ${s.attribute}`}
              <br />
              <span class="hint">{size(s)}</span>
            </span>
          </label>
        ))}
      </fieldset>
      {series && !series.modality && (
        <label class="field">
          <span>The file does not say what it is</span>
          <select value={modality} data-test="modality" onChange={(e) => setModality(e.currentTarget.value)}>
            <option value="CT">CT, Hounsfield units</option>
            <option value="MR">MR</option>
          </select>
        </label>
      )}
      <label class="field">
        <span>Organ of the target</span>
        <select value={organ} data-test="organ" onChange={(e) => setOrgan(e.currentTarget.value)}>
          <option value="">unknown: structures near it are not assessed</option>
          {found.organs.map((o) => (
            <option key={o} value={o}>
              {o.replaceAll("_", " ")}
            </option>
          ))}
        </select>
      </label>
      {mr && (
        <label class="field">
          <span>Tissue around it (MR does not tell)</span>
          <select value={tissue} data-test="tissue" onChange={(e) => setTissue(e.currentTarget.value)}>
            <option value="">choose…</option>
            {found.tissues.map((t) => (
              <option key={t} value={t}>
                {t.replaceAll("_", " ")}
              </option>
            ))}
          </select>
        </label>
      )}
      <div class="two">
        <label class="field">
          <span>Side</span>
          <select value={side} data-test="side" onChange={(e) => setSide(e.currentTarget.value)}>
            <option value="unknown">unknown</option>
            <option value="L">left</option>
            <option value="R">right</option>
          </select>
        </label>
        <label class="field">
          <span>Will lie</span>
          <select value={position} data-test="position" onChange={(e) => setPosition(e.currentTarget.value)}>
            <option value="">unknown</option>
            {POSITIONS.map((p) => (
              <option key={p} value={p}>
                {lies(p)}
              </option>
            ))}
          </select>
        </label>
      </div>
      <label class="field">
        <span>Title</span>
        <input value={title} maxLength={200} placeholder={(series && named(series)) || "New case"} data-test="title" onInput={(e) => setTitle(e.currentTarget.value)} />
      </label>
      {files.length > 0 && (
        <fieldset>
          <legend>Files that draw on it</legend>
          {files.map((f) => (
            <label key={f.file} class="field">
              <span title={f.names.join(", ")}>
                {f.file} <span class="hint">({f.names.length === 1 ? f.names[0] : `${f.names.length} structures`})</span>
              </span>
              <select value={use(f)} onChange={(e) => setUses({ ...uses, [f.file]: e.currentTarget.value as Use })}>
                <option value="structures">take its structures</option>
                {f.kind === "labels" && <option value="labels">organ labels{tables.length ? ` named by ${tables[0]!.file}` : ""}</option>}
                <option value="">leave it out</option>
              </select>
            </label>
          ))}
          {names.length > 0 && (
            <label class="field">
              <span>The target is</span>
              <select value={target} data-test="target" onChange={(e) => setTarget(e.currentTarget.value)}>
                <option value="">drawn next, by hand</option>
                {names.map((n) => (
                  <option key={n} value={n}>
                    {n}
                  </option>
                ))}
              </select>
            </label>
          )}
        </fieldset>
      )}
      {found.notes.map((note) => (
        <p key={note} class="hint">
          {note}
        </p>
      ))}
      {why && (
        <p class="refusal" role="alert" data-test="new-case-refused">
          {why.where && <b>{why.where}: </b>}
          {why.what} {why.remedy}
        </p>
      )}
      <div class="row">
        <button type="button" class="primary" disabled={!ready} data-test="make-case" onClick={() => void make()}>
          {busy ? "Reading the images…" : names.includes(target) ? "Make the case" : "Make the case, draw the target"}
        </button>
        <button type="button" class="quiet" disabled={busy} data-test="discard-upload" onClick={discard}>
          Throw it away
        </button>
      </div>
    </div>
  );
}

const named = (s: SeriesRow): string => s.description || s.file.replace(/^.*\//, "").replace(/\..*$/, "");
const LABELS = "looks like a map of labels";

function size(s: SeriesRow): string {
  const spacing = s.spacing_mm.map((v) => v.toFixed(v < 1 ? 2 : 1)).join(" × ");
  return [s.modality || (s.description === LABELS ? LABELS : "voxels"), s.size.join(" × "), `${spacing} mm`, s.date].filter(Boolean).join(", ");
}
