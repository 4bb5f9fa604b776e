/** One proposal: its numbers, why, its needles, and the two things to do with it. */
import type { PlanDocument } from "../api/types";
import { mm } from "../shell/words";
import { More } from "./parts";
import { putBack, show, showing, take } from "./taking";
import type { Proposal } from "./told";

interface Props {
  n: number;
  name: string;
  plan: PlanDocument | null;
  /** Behind the case, where it is taken. */
  path: string;
  reason: string;
  one?: Proposal;
}

export function ProposalCard({ n, name, plan, path, reason, one }: Props) {
  const shown = plan !== null && showing.value?.name === name;
  const id = n || "best";
  return (
    <article class={`proposal${shown ? " shown" : ""}`} data-test={`proposal-${id}`}>
      {one && (
        <p class="proposal-numbers">
          <span>
            <b class="proposal-n">{n}</b> <b>{one.needles}</b> needles {one.from}
          </span>
          <span>
            margin <b>{mm(one.margin_mm)}</b> (P10 {mm(one.margin_p10_mm)})
          </span>
          <span>
            <b>{one.healthy_ml.toFixed(0)} mL</b> beside the target
          </span>
          <span>{one.minutes.toFixed(0)} min</span>
        </p>
      )}
      {one && (one.not_met.length === 0 ? <p class="tone-met">keeps all goals that were searched for</p> : one.not_met.map((goal) => <p key={goal} class="tone-unmet">NOT MET: {goal}</p>))}
      {one?.changed.map((sentence) => <p key={sentence}>Changed: {sentence}</p>)}
      <p class="hint">{reason}</p>
      {plan && (
        <More title={`Needles (${plan.probes.length})`} test={`proposal-${id}-needles`}>
          <table>
            <thead>
              <tr>
                <th scope="col">Needle</th>
                <th scope="col">Tip, mm LPS</th>
                <th scope="col">Entry, mm LPS</th>
              </tr>
            </thead>
            <tbody>
              {plan.probes.map((p, i) => (
                <tr key={i}>
                  <td>
                    {p.name || `needle ${i + 1}`} <span class="hint">{p.probe}</span>
                  </td>
                  <td>{place(p.tip_mm)}</td>
                  <td>{place(p.entry_mm)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </More>
      )}
      <p class="row">
        <button type="button" data-test={`show-${id}`} aria-pressed={shown} disabled={!plan} onClick={() => (shown ? putBack() : show(name, plan!))}>
          {shown ? "Put back" : "Show"}
        </button>
        <button type="button" class="primary" data-test={`take-${id}`} disabled={!plan} onClick={() => void take(path, `Took ${name}`)}>
          Take
        </button>
        {shown && <span class="hint">PREVIEW of {name}: not saved.</span>}
      </p>
    </article>
  );
}

const place = (at: readonly number[]) => at.map((v) => v.toFixed(0).replace("-", "−")).join(", ");
