/** What a proposal buys and what it costs: margin that nine of ten keep against healthy tissue frozen. */
import { ticks } from "./chart";
import { showing } from "./taking";
import type { Proposal } from "./told";

const WIDE = 420;
const TALL = 190;
const LEFT = 46;
const FOOT = 36;

export function Front({ proposals }: { proposals: Proposal[] }) {
  if (proposals.length < 2) return null;
  const x = ends(proposals.map((p) => p.healthy_ml));
  const y = ends(proposals.map((p) => p.margin_p10_mm));
  const across = (v: number) => LEFT + ((v - x[0]) / (x[1] - x[0])) * (WIDE - LEFT - 12);
  const up = (v: number) => TALL - FOOT - ((v - y[0]) / (y[1] - y[0])) * (TALL - FOOT - 10);
  const said = proposals.map((p, i) => `${i + 1}: ${p.margin_p10_mm.toFixed(1)} mm, ${p.healthy_ml.toFixed(0)} mL`).join("; ");
  return (
    <figure class="chart" data-test="front">
      <svg viewBox={`0 0 ${WIDE} ${TALL}`} role="img" aria-label={`Margin against healthy tissue. ${said}`}>
        {ticks(...x).map((v) => (
          <g key={`x${v}`}>
            <line class="chart-grid" x1={across(v)} x2={across(v)} y1={10} y2={TALL - FOOT} />
            <text class="chart-tick" x={across(v)} y={TALL - FOOT + 13} text-anchor="middle">
              {v}
            </text>
          </g>
        ))}
        {ticks(...y).map((v) => (
          <g key={`y${v}`}>
            <line class="chart-grid" x1={LEFT} x2={WIDE - 12} y1={up(v)} y2={up(v)} />
            <text class="chart-tick" x={LEFT - 5} y={up(v) + 3.5} text-anchor="end">
              {String(v).replace("-", "−")}
            </text>
          </g>
        ))}
        {proposals.map((p, i) => (
          <g key={i} class={`front-point${p.not_met.length ? " missed" : ""}${showing.value?.name === `plan ${i + 1} of the search` ? " shown" : ""}`}>
            <circle cx={across(p.healthy_ml)} cy={up(p.margin_p10_mm)} r={9} />
            <text x={across(p.healthy_ml)} y={up(p.margin_p10_mm) + 4} text-anchor="middle">
              {i + 1}
            </text>
          </g>
        ))}
        <text class="chart-words" x={(LEFT + WIDE) / 2} y={TALL - 4} text-anchor="middle">
          tissue frozen beside the target, mL
        </text>
        <text class="chart-words" transform={`translate(11 ${(TALL - FOOT) / 2}) rotate(-90)`} text-anchor="middle">
          margin P10, mm
        </text>
      </svg>
      <figcaption class="hint">Upper left is better. Dashed ring: a goal is not met.</figcaption>
    </figure>
  );
}

function ends(values: number[]): [number, number] {
  const low = Math.min(...values);
  const high = Math.max(...values);
  const room = Math.max((high - low) * 0.15, 0.5);
  return [low - room, high + room];
}
