/** The fields of one part of the plan, each as its kind asks: number with unit and bounds, choice, place. */
import type { Mm } from "../api/box";
import { cross } from "../state/desk";
import { other } from "../state/placed";
import { Choice, MaybeNumberField, NumberField, TextField } from "./fields";
import { OPTIONS, fieldWords, inOrder } from "./field_words";
import type { Part_ } from "./records";
import type { FieldTold } from "./schema";

export type Names = (field: string) => { value: string; words: string }[] | undefined;
type Set = (change: Part_) => Promise<boolean>;

/** A field across the whole panel where its words are long. */
export function RecordFields(the: { part: string; fields: readonly FieldTold[]; one: Part_; set: Set; test: string; names?: Names }) {
  return (
    <div class="entries">
      {inOrder(the.part, the.fields).map((field) => (
        <div key={field.name} class={fieldWords(the.part, field.name).wide ? "wide" : "narrow"}>
          <OneField {...the} field={field} test={`${the.test}-${field.name.replaceAll("_", "-")}`} />
        </div>
      ))}
    </div>
  );
}

function OneField({ part, field, one, set, test, names }: { part: string; field: FieldTold; one: Part_; set: Set; test: string; names?: Names | undefined }) {
  const words = fieldWords(part, field.name);
  const value = one[field.name];
  const common = { label: words.label, says: field.says, test };
  const put = (next: unknown) => set({ [field.name]: next });
  const known = names?.(field.name) ?? field.options?.map((option) => ({ value: option, words: OPTIONS[option] ?? option }));
  if (known) return <Choice {...common} value={typeof value === "string" ? value : ""} choices={known} commit={put} />;
  switch (field.kind) {
    case "number":
    case "whole": {
      const number = typeof value === "number" ? value : null;
      const bounds = {
        ...(field.least === undefined ? {} : { least: neat(field.least / words.per) }),
        ...(field.most === undefined ? {} : { most: neat(field.most / words.per) }),
      };
      const all = { ...common, ...bounds, unit: words.unit, step: words.step, digits: field.kind === "whole" ? 0 : words.digits };
      const shown = number === null ? null : neat(number / words.per);
      if (field.maybe || shown === null)
        return <MaybeNumberField {...all} value={shown} none={words.none} commit={(v) => put(v === null ? (field.maybe ? null : undefined) : neat(v * words.per))} />;
      return <NumberField {...all} value={shown} commit={(v) => put(neat(v * words.per))} />;
    }
    case "yes":
      return (
        <div class="entry" data-says={field.says}>
          <label title={field.says}>
            <input type="checkbox" data-test={test} checked={value !== false} onChange={(e) => void put(e.currentTarget.checked)} /> {words.label}
          </label>
        </div>
      );
    case "point":
      return <PlaceField {...common} maybe={field.maybe} none={words.none} free={isDirection(field.name)} value={asPoint(value)} put={put} />;
    case "points":
      return <LineField {...common} points={Array.isArray(value) ? (value as Mm[]) : []} put={put} />;
    default:
      return <TextField {...common} value={typeof value === "string" ? value : ""} commit={put} />;
  }
}

/** Without the dust of a division. */
const neat = (value: number): number => Number(value.toPrecision(10));
const asPoint = (value: unknown): Mm | null => (Array.isArray(value) && value.length === 3 ? (value as unknown as Mm) : null);
/** A direction has no place, so the cross says nothing of it; its length means nothing. */
const isDirection = (name: string): boolean => !name.endsWith("_mm");
const round = (at: Mm): Mm => at.map((v) => Math.round(v * 10) / 10) as unknown as Mm;
const AXES = ["Left +, right −", "Back +, front −", "Head +, foot −"] as const;

interface Place {
  label: string;
  says: string;
  test: string;
}

function Numbers({ value, put, test, free }: { value: Mm; put: (next: Mm) => Promise<boolean>; test: string; free: boolean }) {
  return (
    <>
      {AXES.map((label, axis) => (
        <NumberField
          key={axis}
          label={label}
          test={`${test}-${"xyz"[axis]}`}
          unit={free ? "" : "mm"}
          step={free ? 0.1 : 1}
          digits={free ? 2 : 1}
          value={value[axis]!}
          commit={(v) => put(value.map((old, i) => (i === axis ? v : old)) as unknown as Mm)}
        />
      ))}
    </>
  );
}

function PlaceField(the: Place & { value: Mm | null; maybe: boolean; none: string; free: boolean; put: (next: unknown) => Promise<boolean> }) {
  const { value, put, test, free } = the;
  return (
    <fieldset class="entries three" title={the.says} data-says={the.says}>
      <legend>{the.label}</legend>
      {value ? <Numbers value={value} put={put} test={test} free={free} /> : <p class="hint wide">{the.none}</p>}
      <div class="row wide">
        {!free && <Here test={test} put={() => put(round(cross.peek()))} what={value ? "Move here" : "Set here"} />}
        {free && !value && (
          <button type="button" data-test={`${test}-give`} onClick={() => void put([0, -1, 0])}>
            Give a direction
          </button>
        )}
        {the.maybe && value && free && (
          <button type="button" data-test={`${test}-leave`} onClick={() => void put(null)}>
            Leave it to {the.none}
          </button>
        )}
      </div>
    </fieldset>
  );
}

function Here({ test, put, what }: { test: string; put: () => Promise<boolean>; what: string }) {
  return (
    <button type="button" data-test={`${test}-here`} disabled={other.value?.laid === false} title="Take the place where the planes cross: click in a slice to choose it." onClick={() => void put()}>
      {what} <span class="hint">(where the planes cross)</span>
    </button>
  );
}

function LineField({ label, says, test, points, put }: Place & { points: Mm[]; put: (next: unknown) => Promise<boolean> }) {
  return (
    <fieldset class="points" title={says} data-says={says}>
      <legend>{label}</legend>
      {points.map((at, i) => (
        <div class="line-point" key={i}>
          <div class="entries three">
            <Numbers value={at} put={(next) => put(points.map((old, j) => (j === i ? next : old)))} test={`${test}-${i}`} free={false} />
          </div>
          <button
            type="button"
            class="quiet danger"
            aria-label={`Delete point ${i + 1} of ${label.toLowerCase()}`}
            title="Delete this point"
            data-test={`${test}-${i}-delete`}
            onClick={() => void put(points.filter((_, j) => j !== i))}
          >
            ×
          </button>
        </div>
      ))}
      <Here test={test} what="Add a point here" put={() => put([...points, round(cross.peek())])} />
    </fieldset>
  );
}
