/** Fields that save when they are left (or by Enter), step by arrow keys, and keep what was typed when it is refused. */
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { decided, dropRefused, refused, refusedBeside } from "../state/plan";

interface Common {
  label: string;
  /** What the word means; shown as a tooltip and read with the field. */
  says?: string;
  test?: string;
}

interface NumberCommon extends Common {
  unit: string;
  step: number;
  /** Decimals shown. */
  digits?: number;
  least?: number;
  most?: number;
  /** What each stroke of an arrow key does; without it, the stroke is saved like typing. */
  nudge?: (by: number) => void;
  disabled?: boolean;
}

export interface NumberProps extends NumberCommon {
  value: number;
  /** Save; false where it was refused, and the typed text stays. */
  commit: (value: number) => Promise<boolean>;
}

/** A number that may be left out. */
export interface MaybeNumberProps extends NumberCommon {
  value: number | null;
  /** What an empty field means. */
  none: string;
  commit: (value: number | null) => Promise<boolean>;
}

const shown = (value: number | null, digits: number): string => (value === null ? "" : String(Number(value.toFixed(digits))));

export const NumberField = (the: NumberProps) => <AnyNumberField {...the} none={null} commit={(value) => the.commit(value!)} />;
export const MaybeNumberField = (the: MaybeNumberProps) => <AnyNumberField {...the} />;

function AnyNumberField(the: Omit<MaybeNumberProps, "none"> & { none: string | null }) {
  const id = useId();
  const digits = the.digits ?? 1;
  const now = shown(the.value, digits);
  const [typed, setTyped] = useState<string | null>(null);
  const [wrong, setWrong] = useState("");
  useEffect(() => {
    setTyped(null);
    setWrong("");
  }, [now, decided.value]);
  // Enter saves, and leaving the field while that is under way does not save again.
  const busy = useRef(false);
  const save = async (text: string) => {
    if (busy.current) return;
    const left = !text.trim() && the.none !== null;
    const value = left ? null : Number(text.trim().replace(",", ".").replace("−", "-"));
    const problem = value === null ? "" : checked(value, text, the);
    setWrong(problem);
    if (problem) return;
    if (shown(value, digits) === now) return setTyped(null);
    busy.current = true;
    const done = await the.commit(value);
    busy.current = false;
    if (done) setTyped(null);
    else {
      const why = refused.value?.refusal;
      if (why) refusedBeside.value = id;
      setWrong(why ? `${why.what} ${why.remedy}` : "Not saved yet.");
    }
  };
  const keys = (event: KeyboardEvent) => {
    if (event.key === "Enter") void save((event.currentTarget as HTMLInputElement).value);
    else if (event.key === "Escape") {
      setTyped(null);
      setWrong("");
      if (refusedBeside.value === id) dropRefused();
    } else if (event.key === "ArrowUp" || event.key === "ArrowDown") {
      event.preventDefault();
      const by = (event.key === "ArrowUp" ? 1 : -1) * the.step * (event.shiftKey ? 10 : 1);
      if (the.nudge) the.nudge(by);
      else void save(String(bounded(Number(((typed === null ? (the.value ?? the.least ?? 0) : Number(typed)) + by).toFixed(6)), the)));
    } else return;
    event.stopPropagation();
  };
  return (
    <div class="entry" title={the.says} data-says={the.says}>
      <label for={id}>{the.label}</label>
      <span class="with-unit">
        <input
          id={id}
          type="text"
          inputMode="decimal"
          role="spinbutton"
          aria-description={the.says}
          aria-valuenow={the.value ?? undefined}
          aria-valuetext={the.value === null ? (the.none ?? "none") : `${now} ${the.unit}`}
          aria-valuemin={the.least}
          aria-valuemax={the.most}
          aria-invalid={wrong ? "true" : undefined}
          aria-describedby={wrong ? `${id}-wrong` : undefined}
          autocomplete="off"
          placeholder={the.none ?? undefined}
          disabled={the.disabled}
          data-test={the.test}
          value={typed ?? now}
          onInput={(e) => setTyped(e.currentTarget.value)}
          onKeyDown={keys}
          onBlur={(e) => typed !== null && !wrong && void save(e.currentTarget.value)}
        />
        <span class="unit" aria-hidden="true">
          {the.unit}
        </span>
      </span>
      {wrong && <Wrong id={`${id}-wrong`} text={wrong} />}
    </div>
  );
}

function checked(value: number, text: string, the: NumberCommon): string {
  if (!text.trim() || !Number.isFinite(value)) return `“${text}” is no number.`;
  if (the.least !== undefined && value < the.least) return `At least ${the.least} ${the.unit}.`;
  if (the.most !== undefined && value > the.most) return `At most ${the.most} ${the.unit}.`;
  return "";
}

const bounded = (value: number, the: NumberCommon): number =>
  Math.min(the.most ?? Infinity, Math.max(the.least ?? -Infinity, value));

export interface TextProps extends Common {
  value: string;
  placeholder?: string;
  commit: (value: string) => Promise<boolean>;
}

export function TextField(the: TextProps) {
  const id = useId();
  const [typed, setTyped] = useState<string | null>(null);
  const [wrong, setWrong] = useState("");
  useEffect(() => {
    setTyped(null);
    setWrong("");
  }, [the.value, decided.value]);
  const busy = useRef(false);
  const save = async () => {
    if (busy.current) return;
    if (typed === null || typed === the.value) return setTyped(null);
    busy.current = true;
    const done = await the.commit(typed);
    busy.current = false;
    if (done) return setTyped(null);
    const why = refused.value?.refusal;
    if (why) refusedBeside.value = id;
    setWrong(why ? `${why.what} ${why.remedy}` : "Not saved yet.");
  };
  return (
    <div class="entry" title={the.says} data-says={the.says}>
      <label for={id}>{the.label}</label>
      <input
        id={id}
        type="text"
        aria-description={the.says}
        value={typed ?? the.value}
        placeholder={the.placeholder}
        autocomplete="off"
        data-test={the.test}
        aria-invalid={wrong ? "true" : undefined}
        aria-describedby={wrong ? `${id}-wrong` : undefined}
        onInput={(e) => setTyped(e.currentTarget.value)}
        onBlur={() => !wrong && void save()}
        onKeyDown={(e) => {
          if (e.key === "Enter") void save();
          if (e.key === "Escape") {
            setTyped(null);
            setWrong("");
            if (refusedBeside.value === id) dropRefused();
          }
        }}
      />
      {wrong && <Wrong id={`${id}-wrong`} text={wrong} />}
    </div>
  );
}

export interface ChoiceProps extends Common {
  value: string;
  choices: { value: string; words: string }[];
  commit: (value: string) => Promise<boolean>;
}

export function Choice(the: ChoiceProps) {
  const id = useId();
  const [wrong, setWrong] = useState("");
  const [asked, setAsked] = useState<string | null>(null);
  useEffect(() => {
    setAsked(null);
    setWrong("");
  }, [the.value, decided.value]);
  const known = the.choices.some((c) => c.value === the.value);
  return (
    <div class="entry" title={the.says} data-says={the.says}>
      <label for={id}>{the.label}</label>
      <select
        id={id}
        aria-description={the.says}
        value={asked ?? the.value}
        data-test={the.test}
        aria-describedby={wrong ? `${id}-wrong` : undefined}
        onChange={async (e) => {
          const value = e.currentTarget.value;
          setAsked(value);
          if (await the.commit(value)) return setAsked(null);
          const why = refused.value?.refusal;
          if (why) refusedBeside.value = id;
          setWrong(why ? `${why.what} ${why.remedy}` : "Not saved yet.");
        }}
      >
        {!known && <option value={the.value}>{the.value}</option>}
        {the.choices.map((c) => (
          <option key={c.value} value={c.value}>
            {c.words}
          </option>
        ))}
      </select>
      {wrong && <Wrong id={`${id}-wrong`} text={wrong} />}
    </div>
  );
}

function Wrong({ id, text }: { id: string; text: string }) {
  return (
    <p class="wrong" id={id} role="alert" data-test="wrong">
      {text}
    </p>
  );
}

/** A part of a tab that opens and closes, with its sum always to be seen. */
export function Part(the: { title: string; sum?: string; open?: boolean; test?: string; children: ComponentChildren }) {
  return (
    <details class="part" open={the.open ?? true} data-test={the.test}>
      <summary>
        <h2>{the.title}</h2>
        {the.sum && <span class="hint">{the.sum}</span>}
      </summary>
      <div class="part-body">{the.children}</div>
    </details>
  );
}
