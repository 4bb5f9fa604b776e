/** A list of the plan (pockets, warmers, vessels, spots, limits): each in a line, opened to be changed; a new one is
 * filled in before it is put into the plan, so that nothing half-done is ever saved. */
import { useEffect, useState } from "preact/hooks";
import { dragged, openCase, plan, saved } from "../state/desk";
import { changePlan, decided, dropRefused, refused, refusedBeside } from "../state/plan";
import type { Refusal } from "../api/types";
import { around } from "./around";
import { WORDS } from "./field_words";
import { findingsOfOne } from "./findings";
import { Findings } from "./needles_part";
import { RecordFields } from "./record_fields";
import { type Around, type Kind, type Part_, changed } from "./records";
import { schema } from "./reference";
import { type FieldTold, fieldsOf } from "./schema";

export function ListOf({ kind }: { kind: Kind }) {
  const all = (plan.value?.[kind.key] ?? []) as Part_[];
  const [open, setOpen] = useState<number | null>(null);
  const [draft, setDraft] = useState<Part_ | null>(null);
  const at = openCase.value?.id;
  useEffect(() => {
    setOpen(null);
    setDraft(null);
  }, [at]);
  const near = around();
  if (!near || !schema.value) return <p class="hint">Reading the cards…</p>;
  const save = (change: (now: Part_[]) => Part_[], what: string) =>
    changePlan((p) => ({ ...p, [kind.key]: change((p[kind.key] ?? []) as Part_[]) }), what);
  return (
    <section class="list-of" aria-label={kind.title} data-test={`list-${kind.key}`}>
      <h3>{kind.title}</h3>
      <p class="hint">{kind.says}</p>
      <ul class="goals">
        {all.map((one, i) => (
          <One
            key={i}
            kind={kind}
            one={one}
            at={i}
            near={near}
            open={open === i}
            turn={() => setOpen(open === i ? null : i)}
            drop={() => {
              setOpen(null);
              void save((now) => now.filter((_, j) => j !== i), `Delete a ${kind.one}`);
            }}
            set={(change) => save((now) => now.map((old, j) => (j === i ? changed(kind, old, change, around() ?? near) : old)), `Change a ${kind.one}`)}
          />
        ))}
      </ul>
      {draft ? (
        <Draft
          kind={kind}
          near={near}
          draft={draft}
          set={setDraft}
          add={async () => {
            const done = await save((now) => [...now, draft], `Add a ${kind.one}`);
            if (done) setOpen(all.length);
            return done;
          }}
        />
      ) : (
        <button type="button" data-test={`add-${kind.one}`} onClick={() => setDraft(kind.fresh(around() ?? near))}>
          + {kind.one.charAt(0).toUpperCase() + kind.one.slice(1)}
        </button>
      )}
    </section>
  );
}

function One(the: {
  kind: Kind;
  one: Part_;
  at: number;
  near: Around;
  open: boolean;
  turn: () => void;
  drop: () => void;
  set: (change: Part_) => Promise<boolean>;
}) {
  const { kind, one, at, near } = the;
  const said = kind.said(one, near);
  const findings = dragged.value ? [] : findingsOfOne(saved.value?.findings ?? [], kind.key, at, nameOf(kind, one, at));
  return (
    <li>
      <div class="row">
        <button type="button" class="goal-words" aria-expanded={the.open} data-test={`${kind.one}-${at}`} onClick={the.turn}>
          {said}
          {findings.length > 0 && (
            <span class="warn-text found">
              {" "}
              ⚠ {findings.length}
              <span class="aloud"> finding{findings.length === 1 ? "" : "s"}</span>
            </span>
          )}
        </button>
        <button
          type="button"
          class="quiet danger"
          aria-label={`Delete: ${said}`}
          title={`Delete this ${kind.one}`}
          data-test={`${kind.one}-${at}-delete`}
          onClick={the.drop}
        >
          ×
        </button>
      </div>
      {the.open && (
        <div class="opened">
          {findings.length > 0 && <Findings of={findings} />}
          <Fields kind={kind} one={one} near={near} test={`${kind.one}-${at}`} set={the.set} />
        </div>
      )}
    </li>
  );
}

/** What the check calls one of them: spots and vessels by name. */
const nameOf = (kind: Kind, one: Part_, at: number): string =>
  String(one["name"] || (kind.key === "vessels" && one["structure"]) || (kind.key === "spots" || kind.key === "vessels" ? `${kind.one} ${at + 1}` : ""));

function Fields({ kind, one, near, test, set }: { kind: Kind; one: Part_; near: Around; test: string; set: (change: Part_) => Promise<boolean> }) {
  const told = fieldsOf(schema.value!, kind.part).filter((field) => kind.has?.(field.name, one, near) ?? true);
  const fields: FieldTold[] = told.map((field) => kind.bounds?.(field, one, near) ?? field);
  return <RecordFields part={kind.part} fields={fields} one={one} set={set} test={test} names={(field) => kind.names?.(field, one, near)} />;
}

/** A refusal names the field in its `where`; here no field stands beside it. */
export function refusalWords(kind: Kind, { what, where, remedy }: Pick<Refusal, "what" | "where" | "remedy">): string {
  const field = where.split(".").at(-1) ?? "";
  const about = WORDS[kind.part]?.[field]?.label;
  return `${about ? `${about}: ${what}` : /^[a-z]/.test(what) ? `This ${kind.one} ${what}` : what} ${remedy}`.trim();
}

/** A new one, not in the plan yet; a refusal stands beside it and nothing that was typed is lost. */
function Draft(the: { kind: Kind; near: Around; draft: Part_; set: (draft: Part_ | null) => void; add: () => Promise<boolean> }) {
  const { kind, near, draft, set } = the;
  const [wrong, setWrong] = useState("");
  // To open a pocket in a large image takes the server seconds.
  const [busy, setBusy] = useState(false);
  useEffect(() => setWrong(""), [draft, decided.value]);
  const mark = `${kind.one}-new`;
  const end = () => {
    if (refusedBeside.value === mark) dropRefused();
    set(null);
  };
  const add = async () => {
    setBusy(true);
    const done = await the.add();
    setBusy(false);
    if (done) return end();
    const why = refused.value?.refusal;
    if (why) refusedBeside.value = mark;
    setWrong(why ? refusalWords(kind, why) : "Not saved yet.");
  };
  return (
    <section class="needle-editor" aria-label={`New ${kind.one}`} data-test={mark}>
      <h3>New {kind.one}</h3>
      <Fields
        kind={kind}
        one={draft}
        near={near}
        test={mark}
        set={(change) => {
          set(changed(kind, draft, change, around() ?? near));
          return Promise.resolve(true);
        }}
      />
      {wrong && (
        <p class="wrong" role="alert" data-test={`${mark}-wrong`}>
          {wrong}
        </p>
      )}
      <div class="row part-acts">
        <button type="button" class="primary" data-test={`${mark}-add`} disabled={busy} onClick={() => void add()}>
          {busy ? "Adding…" : "Add to the plan"}
        </button>
        <button type="button" data-test={`${mark}-cancel`} onClick={end}>
          Cancel
        </button>
      </div>
    </section>
  );
}
