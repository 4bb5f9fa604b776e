/** Target and structures: which there are, how each is shown, and drawing. */
import { useEffect, useState } from "preact/hooks";
import type { StructureRow } from "../api/types";
import { cross, masks, openCase, results, saved, shown } from "../state/desk";
import { layout } from "../state/view";
import { isShown } from "../view/shown";
import { token } from "../view/colours";
import { proposeNeedles, removeStructure, stepBack, stepOn, steps, takeAsTarget, words, loadSteps } from "./ask";
import { redraw } from "./redraw";
import { ICE, TARGET, begin, busy, problem, tool } from "./state";
import { ObservedPart } from "./observed_part";
import { Tools } from "./tools";
import "./layer";
import "./draw.css";

export function StructuresTab() {
  const info = openCase.value;
  const key = info?.structures.map((s) => s.key).join() ?? "";
  useEffect(() => {
    void loadSteps();
  }, [info?.id, key]);
  if (!info) return <p class="hint">Open a case first: its target and structures are shown here.</p>;
  const block = info.structures.every((s) => s.kind === "label") && info.quantity === "";
  const drawing = tool.value !== "none";
  return (
    <div class="structures">
      <h2>{drawing ? "Draw" : "Target and structures"}</h2>
      {drawing ? (
        <Tools />
      ) : (
        <>
          {!info.has_target && (
            <p class="hint" data-test="draft">
              <b>This case is a draft:</b> it has no target yet. Draw it, and needles are proposed at once.
            </p>
          )}
          {problem.value && (
            <p class="refusal" role="alert">
              {problem.value.what} {problem.value.remedy}
            </p>
          )}
          <div class="row">
            <button
              type="button"
              class={info.has_target ? "" : "primary"}
              disabled={block}
              data-test="draw-target"
              onClick={() => {
                layout.value = "four";
                begin("ellipsoid", TARGET, "");
              }}
            >
              {info.has_target ? "Draw the target anew" : "Draw the target"}
            </button>
            <button type="button" disabled={block} data-test="draw-avoid" onClick={() => begin("brush", "", "")}>
              Draw a structure to avoid
            </button>
            {info.has_target && (
              <button type="button" disabled={block} data-test="draw-ice" onClick={() => begin("ellipsoid", ICE, "")}>
                Draw ice that is seen
              </button>
            )}
          </div>
          {info.has_target && saved.value && !saved.value.plan.probes.length && (
            <button type="button" class="primary" data-test="place-needles" disabled={!!busy.value} onClick={() => void proposeNeedles()}>
              {busy.value || "Place needles and simulate"}
            </button>
          )}
        </>
      )}
      <List rows={info.structures} still={drawing} />
      {!drawing && <History />}
      {!drawing && <ObservedPart />}
    </div>
  );
}

function History() {
  const now = steps.value;
  if (!now) return null;
  return (
    <div class="row">
      <button type="button" disabled={!now.can_undo || !!busy.value} data-test="structures-undo" title={now.what} onClick={() => void stepBack()}>
        Undo{now.can_undo ? `: ${now.what.replaceAll("_", " ")}` : ""}
      </button>
      <button type="button" disabled={!now.can_redo || !!busy.value} data-test="structures-redo" title={now.redo} onClick={() => void stepOn()}>
        Redo{now.can_redo ? `: ${now.redo.replaceAll("_", " ")}` : ""}
      </button>
    </div>
  );
}

interface Verdict {
  name: string;
  status: "green" | "amber" | "red" | "grey";
  status_words: string;
}

/** What the assessment says of each structure, where it belongs to the plan as it stands. */
function verdicts(): { rows: Map<string, Verdict>; old: boolean } {
  const told = results.value?.assessment;
  const rows = told?.verdict?.["structures"];
  return {
    rows: new Map((Array.isArray(rows) ? (rows as Verdict[]) : []).map((row) => [row.name, row])),
    old: told?.status === "stale",
  };
}

function List({ rows, still }: { rows: StructureRow[]; still: boolean }) {
  const [all, setAll] = useState(false);
  const { rows: said, old } = verdicts();
  // First what is at risk, then what a person drew; the many others are one click away.
  const weight = (row: StructureRow) =>
    row.target ? 0 : Math.min(RANK[said.get(row.name)?.status ?? "grey"], row.kind === "label" ? 9 : 4);
  const ordered = [...rows].sort((a, b) => weight(a) - weight(b) || a.name.localeCompare(b.name));
  const first = ordered.filter((row) => weight(row) < 9 || isShown(row));
  const seen = all ? ordered : first;
  if (!rows.length) return <p class="hint">Nothing is drawn on this image yet.</p>;
  return (
    <>
      {old && (
        <p class="warn stale-note">
          <b>STALE:</b> the colours below belong to an earlier plan.
        </p>
      )}
      <ul class="structure-list" aria-label="Structures">
        {seen.map((row) => (
          <Row key={row.name} row={row} verdict={said.get(row.name) ?? null} old={old} still={still} />
        ))}
      </ul>
      {ordered.length > first.length && (
        <button type="button" class="quiet" data-test="all-structures" onClick={() => setAll(!all)}>
          {all ? "Only those that matter here" : `All ${ordered.length} structures`}
        </button>
      )}
    </>
  );
}

function Row({ row, verdict, old, still }: { row: StructureRow; verdict: Verdict | null; old: boolean; still: boolean }) {
  const [open, setOpen] = useState(false);
  const visible = isShown(row);
  const colour = row.target ? token("target") : (shown.value[row.name]?.colour ?? token("structure"));
  const show = (more: Partial<{ visible: boolean; colour: string }>) => {
    shown.value = { ...shown.value, [row.name]: { visible, colour, ...more } };
  };
  const drawn = row.kind !== "label";
  const label = words(row.name);
  const loading = visible && !masks.value[row.key];
  return (
    <li data-test={`structure-${row.name}`}>
      <label class="eye" title={visible ? "Hide" : "Show"}>
        <input
          type="checkbox"
          checked={visible}
          aria-label={`Show ${label}`}
          data-test={`eye-${row.name}`}
          onChange={(e) => show({ visible: e.currentTarget.checked })}
        />
      </label>
      <input
        type="color"
        value={colour}
        disabled={row.target}
        aria-label={`Colour of ${label}`}
        onInput={(e) => show({ colour: e.currentTarget.value })}
      />
      <button type="button" class="quiet name" aria-expanded={open} onClick={() => setOpen(!open)} title={row.origin}>
        {label}
      </button>
      <span class="ml">{row.volume_ml ? `${row.volume_ml < 10 ? row.volume_ml.toFixed(1) : row.volume_ml.toFixed(0)} mL` : "no volume"}</span>
      {verdict ? (
        <span class={`status status-${verdict.status}${old ? " old" : ""}`} title={verdict.status_words}>
          {STATUS[verdict.status]}
        </span>
      ) : (
        <span class="status">{row.target ? "to freeze" : ""}</span>
      )}
      {open && (
        <div class="more">
          {verdict && <p>{verdict.status_words}</p>}
          <p class="hint">
            {row.origin}
            {loading ? " · its outline is being loaded" : ""}
          </p>
          <div class="row">
            <button type="button" onClick={() => void lookAt(row)}>
              Look there
            </button>
            {drawn && !still && (
              <button type="button" data-test={`edit-${row.name}`} onClick={() => void redraw(row)}>
                Edit
              </button>
            )}
            {drawn && !still && !row.target && !!row.volume_ml && (
              <button type="button" data-test={`as-target-${row.name}`} disabled={!!busy.value} onClick={() => void takeAsTarget(row.name)}>
                Take as target
              </button>
            )}
            {drawn && !still && (
              <button type="button" class="danger" data-test={`delete-${row.name}`} disabled={!!busy.value} onClick={() => void removeStructure(row.name)}>
                Delete
              </button>
            )}
            {!drawn && <span class="hint">From organ labels or the image itself: not edited here.</span>}
          </div>
        </div>
      )}
    </li>
  );
}

const STATUS = { green: "met at P10", amber: "met nominally", red: "NOT MET", grey: "not assessed" };
const RANK = { red: 1, amber: 2, green: 3, grey: 9 };

/** Move the slices to a structure, once its cells are here. */
async function lookAt(row: StructureRow): Promise<void> {
  const { fetchBox } = await import("../api/client");
  const box = masks.value[row.key] ?? (await fetchBox(`/cases/${encodeURIComponent(openCase.value!.id)}/structures/${encodeURIComponent(row.name)}.box?key=${row.key}`));
  const [nx, ny, nz] = box.header.shape;
  const sum = [0, 0, 0, 0];
  for (let k = 0, n = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, n++)
        if (box.raw[n]! > 127) {
          sum[0]! += i;
          sum[1]! += j;
          sum[2]! += k;
          sum[3]!++;
        }
  if (!sum[3]) return;
  const at = [sum[0]! / sum[3]!, sum[1]! / sum[3]!, sum[2]! / sum[3]!];
  cross.value = box.header.affine.slice(0, 3).map((r) => r[0] * at[0]! + r[1] * at[1]! + r[2] * at[2]! + r[3]) as unknown as typeof cross.value;
}
