/** A small chart of lines from numbers: axes with round ticks, isotherms, bands. Read out as its title and caption. */
export interface Line {
  name: string;
  /** "target", or a number of the row of curve colours. */
  look: "target" | number;
  points: [number, number][];
}
interface Axis {
  words: string;
  from: number;
  to: number;
}
interface Props {
  title: string;
  x: Axis;
  y: Axis;
  lines: Line[];
  /** Isotherms in °C, across x or y. */
  isotherms?: "x" | "y";
  /** Spans of x, as while cryogen is on. */
  bands?: [number, number][];
  test: string;
}

const WIDE = 420;
const TALL = 230;
const LEFT = 46;
const RIGHT = 10;
const TOP = 8;
const FOOT = 36;
const DASHES = ["", "6 3", "6 2 1.5 2", "1.5 2"];

export function Chart({ title, x, y, lines, isotherms, bands = [], test }: Props) {
  const across = (v: number) => LEFT + ((v - x.from) / (x.to - x.from || 1)) * (WIDE - LEFT - RIGHT);
  const up = (v: number) => TALL - FOOT - ((v - y.from) / (y.to - y.from || 1)) * (TALL - FOOT - TOP);
  const inside = (v: number, a: Axis) => v >= a.from && v <= a.to;
  return (
    <figure class="chart" data-test={test}>
      <svg viewBox={`0 0 ${WIDE} ${TALL}`} role="img" aria-label={title}>
        <clipPath id={`${test}-clip`}>
          <rect x={LEFT} y={TOP} width={WIDE - LEFT - RIGHT} height={TALL - TOP - FOOT} />
        </clipPath>
        {bands.map(([from, to], i) => (
          <rect key={i} class="chart-band" x={across(from)} width={Math.max(0, across(Math.min(to, x.to)) - across(from))} y={TOP} height={TALL - TOP - FOOT} />
        ))}
        {ticks(x.from, x.to).map((v) => (
          <g key={`x${v}`}>
            <line class="chart-grid" x1={across(v)} x2={across(v)} y1={TOP} y2={TALL - FOOT} />
            <text class="chart-tick" x={across(v)} y={TALL - FOOT + 13} text-anchor="middle">
              {label(v)}
            </text>
          </g>
        ))}
        {ticks(y.from, y.to).map((v) => (
          <g key={`y${v}`}>
            <line class="chart-grid" x1={LEFT} x2={WIDE - RIGHT} y1={up(v)} y2={up(v)} />
            <text class="chart-tick" x={LEFT - 5} y={up(v) + 3.5} text-anchor="end">
              {label(v)}
            </text>
          </g>
        ))}
        {isotherms &&
          [0, -20, -40]
            .filter((c) => inside(c, isotherms === "x" ? x : y))
            .map((c) =>
              isotherms === "x" ? (
                <g key={c}>
                  <line class={`chart-iso iso${c}`} x1={across(c)} x2={across(c)} y1={TOP} y2={TALL - FOOT} />
                  <text class="chart-tick" x={across(c) - 3} y={TOP + 9} text-anchor="end">
                    {label(c)} °C
                  </text>
                </g>
              ) : (
                <g key={c}>
                  <line class={`chart-iso iso${c}`} x1={LEFT} x2={WIDE - RIGHT} y1={up(c)} y2={up(c)} />
                  <text class="chart-tick" x={WIDE - RIGHT - 2} y={up(c) - 3} text-anchor="end">
                    {label(c)} °C
                  </text>
                </g>
              ),
            )}
        <g clip-path={`url(#${test}-clip)`}>
          {lines.map((line, n) => (
            <polyline
              key={n}
              class={`chart-line ${look(line)}`}
              stroke-dasharray={line.look === "target" ? "" : DASHES[(line.look + 1) % DASHES.length]}
              points={line.points.map(([a, b]) => `${across(a).toFixed(1)},${up(b).toFixed(1)}`).join(" ")}
            />
          ))}
        </g>
        <text class="chart-words" x={(LEFT + WIDE - RIGHT) / 2} y={TALL - 4} text-anchor="middle">
          {x.words}
        </text>
        <text class="chart-words" transform={`translate(11 ${(TOP + TALL - FOOT) / 2}) rotate(-90)`} text-anchor="middle">
          {y.words}
        </text>
      </svg>
      <figcaption>
        <b>{title}</b>
        <ul class="legend">
          {lines.map((line, n) => (
            <li key={n}>
              <svg viewBox="0 0 24 8" width="24" height="8" aria-hidden="true">
                <line class={`chart-line ${look(line)}`} stroke-dasharray={line.look === "target" ? "" : DASHES[(line.look + 1) % DASHES.length]} x1="0" x2="24" y1="4" y2="4" />
              </svg>
              {line.name.replaceAll("_", " ")}
            </li>
          ))}
        </ul>
      </figcaption>
    </figure>
  );
}

const look = (line: Line) => (line.look === "target" ? "line-target" : `line-${line.look % 8}`);
const label = (v: number) => (Math.abs(v) < 1e-9 ? "0" : String(Number(v.toPrecision(6))).replace("-", "−"));

/** Four to seven round numbers between two ends. */
export function ticks(from: number, to: number): number[] {
  const span = to - from;
  if (!(span > 0)) return [from];
  const rough = span / 5;
  const ten = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((m) => m * ten).find((s) => s >= rough)!;
  const found = [];
  for (let v = Math.ceil(from / step - 1e-9) * step; v <= to + step * 1e-9; v += step) found.push(Number(v.toPrecision(10)));
  return found;
}
