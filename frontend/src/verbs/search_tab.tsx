/** Let the machine propose needles: what for, how long, the best so far while it looks, and what it found. */
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { openCase, plan } from "../state/desk";
import { startJob } from "../state/jobs";
import { Front } from "./front";
import { useTold, workingOn } from "./kept";
import { Failed, Loading, More, StandsTo, Working } from "./parts";
import { ProposalCard } from "./proposal_card";
import { putBack } from "./taking";
import type { SearchTold } from "./told";
import "./verbs.css";

export function SearchTab() {
  const job = workingOn("search");
  const reading = useTold<SearchTold>("search", ["search"], job?.text ?? "").value;
  useEffect(() => putBack, []);
  if (!openCase.value?.has_target)
    return (
      <div class="verb">
        <h2>Search</h2>
        <p class="hint">Draw the target first: a search needs to know what the ice must cover.</p>
      </div>
    );
  return (
    <div class="verb search" data-test="search">
      <h2>Search</h2>
      {job ? <Working kind="search" stop="Stop, keep the best" /> : <Ask />}
      {!reading ? <Loading /> : reading.failed || !reading.value ? <Failed refusal={reading.failed!} /> : <Found told={reading.value} busy={job !== null} />}
    </div>
  );
}

/** What was asked for stays in the form while a search runs: the same search goes on from where it was stopped. */
const kept = {
  intent: signal(""),
  relieve: signal("interface"),
  share: signal(60),
  seconds: signal(55),
  most: signal(12),
  objective: signal("p10"),
  free: signal<string[]>([]),
  low: signal(8),
  high: signal(15),
  range: signal(false),
  seed: signal(0),
};
const use = <T,>(one: { value: T }): [T, (v: T) => void] => [one.value, (v) => (one.value = v)];

function Ask() {
  const [intent, setIntent] = use(kept.intent);
  const [relieve, setRelieve] = use(kept.relieve);
  const [share, setShare] = use(kept.share);
  const [seconds, setSeconds] = use(kept.seconds);
  const [most, setMost] = use(kept.most);
  const [objective, setObjective] = use(kept.objective);
  const [free, setFree] = use(kept.free);
  const [low, setLow] = use(kept.low);
  const [high, setHigh] = use(kept.high);
  const [range, setRange] = use(kept.range);
  const [seed, setSeed] = use(kept.seed);
  const freezes = plan.value?.protocol.steps.length ?? 0;
  const toggle = (word: string) => setFree(free.includes(word) ? free.filter((w) => w !== word) : [...free, word]);
  const go = (event: Event) => {
    event.preventDefault();
    void startJob("search", {
      ...(intent ? { intent } : {}),
      ...(intent === "palliative" ? { relieve } : {}),
      ...(intent === "partial" ? { fraction: share / 100 } : {}),
      budget_s: seconds,
      most_needles: most,
      objective,
      seed,
      free: free.join(","),
      times: free.includes("times") && range ? `${low},${high}` : "",
    });
  };
  return (
    <form class="ask" onSubmit={go} data-test="search-form">
      <div class="fields">
        <label>
          Intent
          <select data-test="search-intent" value={intent} onChange={(e) => setIntent(e.currentTarget.value)}>
            <option value="">the plan's goals</option>
            <option value="curative">curative: all of it, with margin</option>
            <option value="palliative">palliative: what hurts</option>
            <option value="partial">partial: a share of it</option>
          </select>
        </label>
        {intent === "palliative" && (
          <label>
            Relieve
            <select value={relieve} onChange={(e) => setRelieve(e.currentTarget.value)}>
              <option value="interface">interface with bone</option>
              <option value="mass">the mass</option>
            </select>
          </label>
        )}
        {intent === "partial" && <Num label="Share of the target, %" value={share} set={setShare} from={1} to={100} test="search-share" />}
        <Num label="Time, s" value={seconds} set={setSeconds} from={1} to={86400} test="search-budget" />
        <Num label="Most needles" value={most} set={setMost} from={1} to={12} test="search-most" />
      </div>
      <More title="More options" test="search-more">
        <div class="fields">
          <label>
            Make large
            <select data-test="search-objective" value={objective} onChange={(e) => setObjective(e.currentTarget.value)}>
              <option value="p10">margin that nine of ten keep (P10)</option>
              <option value="worst">worst margin of all draws</option>
              <option value="margin">nominal margin</option>
            </select>
          </label>
          <Num label="Seed" value={seed} set={setSeed} from={0} to={2147483647} test="search-seed" />
        </div>
        <fieldset>
          <legend>May change beside the needles' places</legend>
          {[
            ["times", "freeze times"],
            ["duty", "each needle's power"],
            ["pullback", "pull-back between freezes"],
          ].map(([word, says]) => (
            <label key={word} class="tick">
              <input type="checkbox" data-test={`search-free-${word}`} checked={free.includes(word!)} onChange={() => toggle(word!)} /> {says}
            </label>
          ))}
          {free.includes("times") && (
            <>
              <label class="tick">
                <input type="checkbox" checked={range} onChange={() => setRange(!range)} /> my own range instead of the organ's
              </label>
              {range && (
                <div class="fields">
                  <Num label="Freeze from, min" value={low} set={setLow} from={1} to={60} test="search-low" />
                  <Num label="to, min" value={high} set={setHigh} from={1} to={60} test="search-high" />
                </div>
              )}
            </>
          )}
        </fieldset>
      </More>
      <p class="row">
        <button type="submit" class="primary" data-test="search-start" disabled={freezes === 0}>
          Search
        </button>
        <span class="hint">{freezes === 0 ? "The plan has no protocol." : "The best plan so far is kept; stop whenever you like."}</span>
      </p>
    </form>
  );
}

function Num(the: { label: string; value: number; set: (v: number) => void; from: number; to: number; test: string }) {
  return (
    <label>
      {the.label}
      <input
        type="number"
        required
        data-test={the.test}
        min={the.from}
        max={the.to}
        value={the.value}
        onInput={(e) => Number.isFinite(e.currentTarget.valueAsNumber) && the.set(e.currentTarget.valueAsNumber)}
      />
    </label>
  );
}

function Found({ told, busy }: { told: SearchTold; busy: boolean }) {
  const found = told.result;
  return (
    <>
      {told.best && (
        <section class="best" data-test="search-best">
          <h3>{busy ? "Best so far" : "Best of the search that was stopped"}</h3>
          <ProposalCard n={0} name="best so far" plan={told.best.plan} path="search/best/take" reason={String(told.best.plan["reason"] ?? "")} />
        </section>
      )}
      {!found && !told.best && !busy && (
        <p class="hint" data-test="search-empty">
          Nothing was searched yet. A search places needles along ways that are open, simulates them on coarse cells, and runs the best
          one on fine cells. It changes nothing until you take a proposal.
        </p>
      )}
      {found && (
        <section data-test="search-found">
          <StandsTo status={told.status} what="This search" />
          <h3>
            Proposals <span class="hint">{found.simulations} run{found.simulations === 1 ? "" : "s"}, {Math.round(found.seconds)} s. {found.ended}</span>
          </h3>
          {found.intent && <p>{found.intent}</p>}
          <Front proposals={[found.chosen, ...found.front]} />
          <ol class="proposals">
            {[found.chosen, ...found.front].map((one, i) => (
              <li key={i}>
                <ProposalCard n={i + 1} name={`plan ${i + 1} of the search`} plan={told.plans[i] ?? null} path={`search/${i + 1}/take`} one={one} reason={i === 0 ? found.reason : (one.against_the_chosen ?? "")} />
              </li>
            ))}
          </ol>
          {found.passed_over.length > 0 && (
            <More title="Passed over" test="passed-over">
              <ul>
                {found.passed_over.map((sentence, i) => (
                  <li key={i}>{sentence}</li>
                ))}
              </ul>
            </More>
          )}
          <p class="hint">Margins are of coarse cells; the full run of one that is taken starts at once.</p>
        </section>
      )}
    </>
  );
}
