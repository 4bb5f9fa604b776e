/** Where a needle's way to the target is open: the map of the skin, the best ways with reasons, and what shuts the rest. */
import { useEffect, useState } from "preact/hooks";
import { openCase, plan } from "../state/desk";
import { startJob } from "../state/jobs";
import { changePlan } from "../state/plan";
import { useTold, workingOn } from "./kept";
import { Failed, Loading, Picture, StandsTo, Working } from "./parts";
import { putBack, show, showing } from "./taking";
import type { Kept, Trajectories, Way } from "./told";
import "./verbs.css";

const CARDS = ["generic-17g-long", "generic-17g-short"];

export function TrajectoriesTab() {
  const reading = useTold<Kept<Trajectories>>("told/trajectories", ["trajectories"]).value;
  const [probe, setProbe] = useState("");
  const [bone, setBone] = useState(false);
  useEffect(() => putBack, []);
  const used = [...new Set([...(plan.value?.probes.map((p) => p.probe) ?? []), ...CARDS])];
  return (
    <div class="verb" data-test="trajectories">
      <h2>Ways in</h2>
      {workingOn("trajectories") ? (
        <Working kind="trajectories" />
      ) : (
        <form
          class="row"
          onSubmit={(e) => {
            e.preventDefault();
            void startJob("trajectories", { probe: probe || used[0], through_bone: bone });
          }}
        >
          <label>
            Needle{" "}
            <select data-test="trajectories-probe" value={probe || used[0]} onChange={(e) => setProbe(e.currentTarget.value)}>
              {used.map((name) => (
                <option key={name} value={name}>
                  {name}
                </option>
              ))}
            </select>
          </label>
          <label class="tick">
            <input type="checkbox" checked={bone} onChange={() => setBone(!bone)} /> bone may be crossed
          </label>
          <button type="submit" class="primary" data-test="trajectories-start" disabled={!openCase.value?.has_target}>
            Map the skin
          </button>
        </form>
      )}
      {!openCase.value?.has_target && <p class="hint">Draw the target first.</p>}
      {!reading ? <Loading /> : reading.failed || !reading.value ? <Failed refusal={reading.failed!} /> : <Map told={reading.value} />}
    </div>
  );
}

function Map({ told }: { told: Kept<Trajectories> }) {
  const found = told.result;
  if (!found) return <p class="hint" data-test="trajectories-empty">The skin was not mapped yet.</p>;
  return (
    <section data-test="trajectories-found">
      <StandsTo status={told.status} what="This map" />
      <p>
        {found.probe}: <b>{(100 * found.open_fraction).toFixed(0)} %</b> of {found.directions} directions are open.
      </p>
      {found.shut && <p class="warn-band">{found.shut}</p>}
      <Picture at={found.picture} version={told.key} alt="Map of the skin: open ways by price, closed ones by what closes them" test="skin-map" />
      <ol class="proposals">
        {found.best.map((way, i) => (
          <li key={i}>
            <WayCard n={i + 1} way={way} probe={found.probe} />
          </li>
        ))}
      </ol>
      <h3>What shuts the rest</h3>
      <ul>
        {Object.entries(found.closed_by).filter(([, share]) => share >= 0.005).map(([name, share]) => (
          <li key={name}>
            {name.replaceAll("_", " ")}: {(100 * share).toFixed(0)} %
          </li>
        ))}
      </ul>
      {found.not_checked.map((sentence) => (
        <p key={sentence} class="tone-unknown">
          NOT CHECKED: {sentence}
        </p>
      ))}
    </section>
  );
}

function WayCard({ n, way, probe }: { n: number; way: Way; probe: string }) {
  const name = `way ${n}`;
  const shown = showing.value?.name === name;
  const paid = Object.entries(way.prices_mm).map(([why, cost]) => `${why.replaceAll("_", " ")} ${cost.toFixed(0)}`).join(", ");
  const needle = { probe, tip_mm: way.tip_mm, entry_mm: way.entry_mm };
  const used = plan.value?.protocol.steps.length ?? 0;
  return (
    <article class={`proposal${shown ? " shown" : ""}`} data-test={`way-${n}`}>
      <p>
        <b class="proposal-n">{n}</b> {way.words}, depth <b>{way.depth_mm.toFixed(0)} mm</b>
        {way.gap_mm === null ? "" : `, ${way.gap_mm.toFixed(0)} mm from what no shaft may touch`}
      </p>
      <p class="hint">Price {way.price_mm.toFixed(0)} mm{paid && `: ${paid}`}</p>
      <p class="row">
        <button type="button" data-test={`show-way-${n}`} aria-pressed={shown} disabled={!used} onClick={() => (shown ? putBack() : show(name, { ...plan.value!, probes: [...plan.value!.probes, needle] }))}>
          {shown ? "Put back" : "Show"}
        </button>
        <button
          type="button"
          data-test={`take-way-${n}`}
          disabled={!used}
          onClick={() => {
            putBack();
            void changePlan((p) => ({ ...p, probes: [...p.probes, needle] }), `Needle along way ${n}`);
          }}
        >
          Add a needle there
        </button>
      </p>
    </article>
  );
}
