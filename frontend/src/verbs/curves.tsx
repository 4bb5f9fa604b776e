/** Histogram and sensors as charts, in the colours of the report. */
import { Chart, type Line } from "./chart";
import type { Curve, TimeCurves } from "./told";

const MOST = 8;

type Pair = [number, number];
const pairs = (xs: (number | null)[], ys: (number | null)[], a = 1, b = 1): Pair[] =>
  xs.flatMap((x, i) => (x == null || ys[i] == null ? [] : [[x * a, ys[i]! * b] as Pair]));

/** Which share of each structure got how cold. */
export function Histogram({ curves, plans = false, test = "histogram" }: { curves: Curve[]; plans?: boolean; test?: string }) {
  const shown = curves.slice(0, MOST);
  if (!shown.length) return <p class="hint">No structure lies in the simulated box.</p>;
  const lines: Line[] = shown.map((c, n) => ({
    name: c.name,
    look: plans ? n : c.name === "tumour" ? "target" : Math.max(0, n - 1),
    points: pairs(c.celsius, c.share, 1, 100),
  }));
  const coldest = Math.min(...lines.flatMap((l) => l.points.filter(([, s]) => s > 0).map(([t]) => t)), -45);
  return (
    <Chart
      title={plans ? "Target: share at or below, plan by plan" : "Temperature-volume histogram: share of each structure at or below"}
      x={{ words: "coldest temperature of the protocol, °C", from: Math.max(-190, coldest), to: 40 }}
      y={{ words: "share of its volume, %", from: 0, to: 100 }}
      lines={lines}
      isotherms="x"
      test={test}
    />
  );
}

/** Sensors and the heat that each needle takes, over the protocol. */
export function Sensors({ curves }: { curves: TimeCurves }) {
  const minutes = curves.times_s.map((t) => (t === null ? null : t / 60));
  const end = Math.max(...minutes.map((m) => m ?? 0), 0.1);
  const bands = curves.steps
    .filter((s) => s.kind === "freeze" || s.kind === "hold")
    .map((s): Pair => [s.start_s / 60, (s.start_s + s.duration_s) / 60]);
  const of = (series: Record<string, (number | null)[]>): Line[] =>
    Object.entries(series)
      .slice(0, MOST)
      .map(([name, values], n) => ({ name, look: n, points: pairs(minutes, values) }));
  const sensors = of(curves.sensors_c);
  const watts = of(curves.needle_watts);
  const x = { words: "minutes from the first freeze (shaded: freezing)", from: 0, to: end };
  return (
    <>
      {sensors.length > 0 && (
        <Chart title="Sensors" x={x} y={{ words: "°C", ...range(sensors, 40, -45) }} lines={sensors} isotherms="y" bands={bands} test="sensors" />
      )}
      {watts.length > 0 && (
        <Chart title="Heat taken by each needle" x={x} y={{ words: "W", ...range(watts, 1, 0) }} lines={watts} bands={bands} test="needle-watts" />
      )}
    </>
  );
}

function range(lines: Line[], least: number, most: number): { from: number; to: number } {
  const all = lines.flatMap((l) => l.points.map(([, v]) => v));
  return { from: Math.min(most, ...all), to: Math.max(least, ...all) };
}
