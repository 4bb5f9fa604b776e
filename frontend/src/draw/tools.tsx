/** The tools of drawing, what each needs, and saving. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Mm } from "../api/box";
import { cross, openCase, saved } from "../state/desk";
import { other } from "../state/placed";
import { askGrow, save, saveIce, steps, words } from "./ask";
import { LEAST_MM, MOST_MM, type Ellipsoid } from "./ellipsoid";
import {
  ICE,
  TARGET,
  type Tool,
  brushBall,
  brushMm,
  busy,
  canRedo,
  canUndo,
  cells,
  cellsOfImage,
  change,
  editing,
  ellipsoid,
  erasing,
  grownWords,
  iceBy,
  iceMin,
  mostMl,
  name,
  outlines,
  points,
  problem,
  radiusMm,
  ready,
  redoDrawing,
  seed,
  stopDrawing,
  tolerance,
  tool,
  undoDrawing,
} from "./state";

const TOOLS: { tool: Tool; words: string; says: string; target: boolean }[] = [
  { tool: "ellipsoid", words: "Ellipsoid", says: "Drag one diameter, then a second on another slice", target: true },
  { tool: "grow", words: "Region", says: "Click: what is as bright grows", target: true },
  { tool: "brush", words: "Brush", says: "Paint and erase", target: true },
  { tool: "contours", words: "Outlines", says: "Outline some slices; those between are filled in", target: true },
  { tool: "point", words: "Point", says: "Click points to avoid", target: false },
  { tool: "line", words: "Line", says: "Click along a nerve, ureter or vessel", target: false },
];

export function Tools() {
  const isTarget = name.value === TARGET;
  const isIce = name.value === ICE;
  const now = tool.value;
  useKeys();
  const first = isTarget && !saved.value?.plan.probes.length;
  const choose = (which: Tool) => {
    problem.value = null;
    if (which === "brush") cellsOfImage();
    // Outlines make a body of their own: what was painted before goes, and can be had back.
    if (which === "contours" && !outlines.value.length && cells.value) change("clearing", cells, null);
    tool.value = which;
  };
  return (
    <div class="draw">
      <Name />
      <div class="segments" role="radiogroup" aria-label="Tool">
        {TOOLS.filter((t) => t.target || !(isTarget || isIce)).map((t) => (
          <button
            key={t.tool}
            type="button"
            role="radio"
            aria-checked={now === t.tool}
            title={t.says}
            data-test={`tool-${t.tool}`}
            onClick={() => choose(t.tool)}
          >
            {t.words}
          </button>
        ))}
      </div>
      {now === "ellipsoid" && <EllipsoidFields />}
      {now === "grow" && <GrowFields />}
      {now === "brush" && <BrushFields />}
      {now === "contours" && (
        <Hint>
          Draw around it on the axial slice, scroll on, draw again: what lies between is filled in. Shift adds an outline to a slice
          instead of replacing it. {outlines.value.length ? `${outlines.value.length} outlines so far.` : ""}
        </Hint>
      )}
      {(now === "point" || now === "line") && (
        <>
          <Hint>
            {now === "line" ? "Click along it, slice by slice; a corner can be dragged." : "Click each point; a point can be dragged."}{" "}
            {points.value.length} {points.value.length === 1 ? "point" : "points"} so far.
          </Hint>
          <Slider label="Radius" unit="mm" of={radiusMm} low={0} high={15} step={0.5} test="radius" />
        </>
      )}
      {problem.value && (
        <p class="refusal" role="alert" data-test="draw-problem">
          {problem.value.where && <b>{problem.value.where}: </b>}
          {problem.value.what} {problem.value.remedy}
        </p>
      )}
      <p class="drawn-volume" role="status" data-test="drawn-volume">
        {busy.value || (ready.value.there ? (ready.value.ml === null ? "Ready to save" : `${ready.value.ml.toFixed(1)} mL`) : "Nothing drawn yet")}
      </p>
      <div class="row">
        <button type="button" disabled={!canUndo.value} data-test="draw-undo" title="Ctrl+Z while drawing" onClick={undoDrawing}>
          Undo {canUndo.value}
        </button>
        <button type="button" disabled={!canRedo.value} data-test="draw-redo" title="Ctrl+Shift+Z while drawing" onClick={redoDrawing}>
          Redo {canRedo.value}
        </button>
      </div>
      <div class="row save-row">
        {first && (
          <button
            type="button"
            class="primary"
            data-test="save-and-place"
            disabled={!ready.value.there || !!busy.value}
            onClick={() => void save(true)}
          >
            Save target, place needles
          </button>
        )}
        <button
          type="button"
          class={first ? "" : "primary"}
          data-test="save-drawing"
          disabled={!ready.value.there || !!busy.value || !name.value.trim() || (isIce && !(iceMin.value > 0 && iceBy.value.trim()))}
          onClick={() => void (isIce ? saveIce() : save(false))}
        >
          {isIce ? "Keep as ice that was seen" : isTarget ? (first ? "Save target only" : "Save as the target") : "Save as a structure to avoid"}
        </button>
        <button type="button" class="quiet" data-test="stop-drawing" onClick={stopDrawing}>
          {ready.value.there ? "Discard" : "Cancel"}
        </button>
      </div>
    </div>
  );
}

const Hint = ({ children }: { children: ComponentChildren }) => <p class="hint">{children}</p>;

function Name() {
  const as = name.value;
  const over = editing.value;
  return (
    <fieldset class="purpose">
      <legend>It is {over && `(was ${words(over)})`}</legend>
      <label>
        <input type="radio" name="purpose" checked={as === TARGET} data-test="purpose-target" onChange={() => (name.value = TARGET)} /> the
        target
      </label>
      <label>
        <input
          type="radio"
          name="purpose"
          checked={as !== TARGET && as !== ICE}
          data-test="purpose-avoid"
          onChange={() => (name.value = over !== TARGET && over !== ICE ? over : "")}
        />{" "}
        a structure to avoid
      </label>
      {!over && (
        <label>
          <input type="radio" name="purpose" checked={as === ICE} data-test="purpose-ice" onChange={() => (name.value = ICE)} /> ice that is seen
        </label>
      )}
      {as === ICE && (
        <>
          <label class="named">
            minute since the first freeze began
            <input type="number" min={0.5} step={0.5} value={iceMin.value || ""} data-test="ice-min" onInput={(e) => (iceMin.value = e.currentTarget.valueAsNumber || 0)} />
          </label>
          <label class="named">
            seen by
            <input value={iceBy.value} maxLength={200} placeholder="who says so" data-test="ice-by" onInput={(e) => (iceBy.value = e.currentTarget.value)} />
          </label>
          <span class="hint">On the {other.value ? "control CT" : "planning image"} that is shown. No part of the plan: nothing goes stale by it.</span>
        </>
      )}
      {as !== TARGET && as !== ICE && (
        <label class="named">
          called
          <input
            list="structure-names"
            value={as}
            placeholder="such as colon"
            data-test="structure-name"
            onInput={(e) => (name.value = plain(e.currentTarget.value))}
          />
          {openCase.value?.structures.some((s) => s.name === as && s.kind === "label") && (
            <span class="warn">takes the place of the automatic one</span>
          )}
          <datalist id="structure-names">{(steps.value?.names ?? []).map((n) => <option key={n} value={n} />)}</datalist>
        </label>
      )}
    </fieldset>
  );
}

const plain = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "_")
    .replace(/^_+/, "")
    .slice(0, 60);

function EllipsoidFields() {
  const e = ellipsoid.value;
  const given = e?.given.filter(Boolean).length ?? 0;
  const fresh = (): Ellipsoid => e ?? { centre: cross.value, diameters: [20, 20, 20], given: [false, false, false] };
  const set = (which: "centre" | "diameters", axis: number, value: number) => {
    if (!Number.isFinite(value)) return;
    const before = fresh();
    const numbers = [...before[which]] as [number, number, number];
    numbers[axis] = which === "diameters" ? Math.min(MOST_MM, Math.max(LEAST_MM, value)) : value;
    const marks = before.given.map((g, a) => g || (which === "diameters" && a === axis)) as [boolean, boolean, boolean];
    change("number", ellipsoid, { ...before, [which]: numbers as Mm, given: marks });
    cross.value = ellipsoid.value!.centre;
  };
  const field = (which: "centre" | "diameters", axis: number, letters: string, label: string) => (
    <label key={label}>
      <span>{letters}</span>
      <input
        type="number"
        step={which === "centre" ? 1 : 0.5}
        value={e ? e[which][axis]!.toFixed(1) : ""}
        placeholder={which === "centre" ? cross.value[axis]!.toFixed(0) : "20"}
        aria-label={`${label}, mm`}
        data-test={`${which}-${"xyz"[axis]}`}
        onChange={(event) => set(which, axis, event.currentTarget.valueAsNumber)}
      />
    </label>
  );
  return (
    <>
      <Hint>
        {given === 0
          ? "Drag across the tumour on the axial slice, edge to edge."
          : given === 1
            ? "Now drag its second diameter: on the coronal or sagittal slice, or across the first one. A ball would do too."
            : given === 2
              ? "Drag the third diameter, or correct it by its handles."
              : "Correct it by its handles, or by numbers."}
      </Hint>
      <div class="triple" role="group" aria-label="Centre, LPS mm">
        <b>Centre</b>
        {field("centre", 0, "R–L", "Centre, right to left")}
        {field("centre", 1, "A–P", "Centre, front to back")}
        {field("centre", 2, "F–H", "Centre, feet to head")}
      </div>
      <div class="triple" role="group" aria-label="Diameters, mm">
        <b>Diameter</b>
        {field("diameters", 0, "R–L", "Diameter right to left")}
        {field("diameters", 1, "A–P", "Diameter front to back")}
        {field("diameters", 2, "F–H", "Diameter feet to head")}
      </div>
    </>
  );
}

function GrowFields() {
  const timer = useRef(0);
  const again = () => {
    window.clearTimeout(timer.current);
    if (seed.value) timer.current = window.setTimeout(() => void askGrow(false), 150);
  };
  return (
    <>
      <Hint>
        Click in the tumour. {grownWords.value && cells.value ? `Taken: ${grownWords.value} (HU on CT).` : "What is nearly as bright grows around it."}
      </Hint>
      <Slider label="How alike" unit="±" of={tolerance} low={2} high={300} step={1} test="tolerance" after={again} />
      <Slider label="At most" unit="mL" of={mostMl} low={5} high={500} step={5} test="most-ml" after={again} />
    </>
  );
}

function BrushFields() {
  return (
    <>
      <div class="row">
        <button type="button" aria-pressed={!erasing.value} data-test="brush-paint" onClick={() => (erasing.value = false)}>
          Paint
        </button>
        <button type="button" aria-pressed={erasing.value} data-test="brush-erase" title="Or hold Alt" onClick={() => (erasing.value = true)}>
          Erase
        </button>
        <label class="check">
          <input type="checkbox" checked={brushBall.value} data-test="brush-ball" onChange={(e) => (brushBall.value = e.currentTarget.checked)} />
          ball, through several slices
        </label>
      </div>
      <Slider label="Width" unit="mm" of={brushMm} low={1} high={60} step={1} test="brush-mm" />
    </>
  );
}

function Slider(props: {
  label: string;
  unit: string;
  of: { value: number };
  low: number;
  high: number;
  step: number;
  test: string;
  after?: () => void;
}) {
  const set = (value: number) => {
    if (!Number.isFinite(value)) return;
    props.of.value = Math.min(props.high, Math.max(props.low, value));
    props.after?.();
  };
  const common = { min: props.low, max: props.high, step: props.step, value: props.of.value };
  return (
    <div class="slider">
      <label>
        <span>{props.label}</span>
        <input type="range" {...common} aria-label={props.label} onInput={(e) => set(e.currentTarget.valueAsNumber)} />
      </label>
      <input
        type="number"
        {...common}
        aria-label={`${props.label}, ${props.unit}`}
        data-test={props.test}
        onChange={(e) => set(e.currentTarget.valueAsNumber)}
      />
      <span>{props.unit}</span>
    </div>
  );
}

/** While something is drawn, Ctrl+Z takes back a stroke, not a revision of the plan; Escape puts the tool away. */
function useKeys(): void {
  useEffect(() => {
    const heard = (event: KeyboardEvent) => {
      const field = event.target instanceof HTMLInputElement && !["range", "checkbox", "radio"].includes(event.target.type);
      const ctrl = event.ctrlKey || event.metaKey;
      const key = event.key.toLowerCase();
      if (ctrl && key === "z" && !field) {
        if (event.shiftKey) redoDrawing();
        else undoDrawing();
      } else if (ctrl && key === "y" && !field) redoDrawing();
      else if (event.key === "Escape" && !ready.peek().there) stopDrawing();
      else return;
      event.preventDefault();
      event.stopImmediatePropagation();
    };
    window.addEventListener("keydown", heard, true);
    return () => window.removeEventListener("keydown", heard, true);
  }, []);
}
