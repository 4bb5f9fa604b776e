/** One thing changed at a time: what it does to the margin and to every structure. */
import { useEffect, useState } from "preact/hooks";
import { plan } from "../state/desk";
import { startJob } from "../state/jobs";
import { useTold, workingOn } from "./kept";
import { Failed, Loading, StandsTo, Working } from "./parts";
import { putBack, show, showing, take } from "./taking";
import type { Change, Kept, WhatIf } from "./told";
import "./verbs.css";

export function WhatIfTab() {
  const reading = useTold<Kept<WhatIf>>("told/what-if", ["what-if"]).value;
  const [protect, setProtect] = useState(false);
  useEffect(() => putBack, []);
  const busy = workingOn("what-if") !== null;
  const needles = plan.value?.probes.length ?? 0;
  return (
    <div class="verb" data-test="what-if">
      <h2>What if</h2>
      <p class="hint">Each change alone, on equal cells: pull back, one more needle, longer, less power, fluid, a needle off its place.</p>
      {busy ? (
        <Working kind="what-if" />
      ) : (
        <p class="row">
          <button type="button" class="primary" data-test="what-if-start" disabled={!needles} onClick={() => void startJob("what-if", { protect })}>
            Try the changes
          </button>
          <label class="tick">
            <input type="checkbox" data-test="what-if-protect" checked={protect} onChange={() => setProtect(!protect)} /> only what protects structures
          </label>
          {!needles && <span class="hint">The plan has no needle to change.</span>}
        </p>
      )}
      {!reading ? <Loading /> : reading.failed || !reading.value ? <Failed refusal={reading.failed!} /> : <Rows told={reading.value} />}
    </div>
  );
}

function Rows({ told }: { told: Kept<WhatIf> }) {
  if (!told.result) return <p class="hint" data-test="what-if-empty">Nothing was tried yet.</p>;
  const { changes, plans, spacing_mm } = told.result;
  return (
    <section data-test="what-if-rows">
      <StandsTo status={told.status} what="This row of changes" />
      {changes.length === 0 && <p>Every goal that spares a structure is met, or not assessed.</p>}
      {changes.map((row, i) => (
        <article class={`proposal${showing.value?.name === row.change ? " shown" : ""}`} key={row.change} data-test={`change-${i + 1}`}>
          <h3>{row.change}</h3>
          {row.why_not ? <p class="hint">Not simulated: {row.why_not}</p> : <What row={row} />}
          {plans[i] && (
            <p class="row">
              <button type="button" data-test={`show-change-${i + 1}`} aria-pressed={showing.value?.name === row.change} onClick={() => (showing.value?.name === row.change ? putBack() : show(row.change, plans[i]!))}>
                {showing.value?.name === row.change ? "Put back" : "Show"}
              </button>
              <button type="button" data-test={`take-change-${i + 1}`} disabled={told.status === "stale"} title={told.status === "stale" ? "It was a change of an earlier plan." : ""} onClick={() => void take(`told/what-if/${i + 1}/take`, `Took “${row.change}”`)}>
                Take
              </button>
            </p>
          )}
        </article>
      ))}
      <p class="hint">Differences on cells of {spacing_mm} mm; they are finer than either number alone.</p>
    </section>
  );
}

function What({ row }: { row: Change }) {
  const margins = Object.entries(row.margins_mm);
  const all = Object.entries(row.structures_k).sort((a, b) => Math.abs(b[1]) - Math.abs(a[1]));
  const cold = all.filter(([, k]) => Math.abs(k) >= 0.05);
  return (
    <>
      <dl class="changes">
        {margins.map(([t, v]) => (
          <div key={t}>
            <dt>margin at {t.replace("-", "−")}{"\u00a0"}°C</dt>
            <dd class={v === null || Math.abs(v) < 0.05 ? "" : v > 0 ? "good" : "bad"}>{v === null ? "none" : `${signed(v, 1)} mm`}</dd>
          </div>
        ))}
        {cold.map(([name, k]) => (
          <div key={name}>
            <dt>{name.replaceAll("_", " ")}</dt>
            <dd>{signed(k, 1)} K</dd>
          </div>
        ))}
      </dl>
      {cold.length < all.length && (
        <p class="hint">
          {all.length - cold.length} structure{all.length - cold.length > 1 ? "s" : ""} {cold.length ? "more " : ""}by less than 0.1 K
        </p>
      )}
      {row.goals_won.map((g) => <p key={g} class="tone-met">MET NOW: {g}</p>)}
      {row.goals_lost.map((g) => <p key={g} class="tone-unmet">LOST: {g}</p>)}
      {row.breaks.map((b) => <p key={b} class="tone-alert">BREAKS: {b}</p>)}
    </>
  );
}

export const signed = (v: number, digits: number): string => {
  const text = Math.abs(v).toFixed(digits);
  return Number(text) === 0 ? `±${text}` : `${v > 0 ? "+" : "−"}${text}`;
};
