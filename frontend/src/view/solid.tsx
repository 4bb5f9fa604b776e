/** The 3-D view: ice, target with its margin, structures and needles, that can be turned. It comes in a part of its own,
 * after the slices. It shows what is saved: while a needle is dragged it waits for the hand to let go. */
import { Niivue, NVMesh } from "@niivue/niivue";
import { effect, signal, useComputed } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Mm } from "../api/box";
import { dragged, openCase, results, saved, shown } from "../state/desk";
import { inOwnPlace, lying } from "../state/placed";
import { token } from "./colours";
import { solidWords } from "./corners";
import { Drawn } from "./drawn";
import { type Surface, joined, onScreen, readMesh, rod } from "./mesh";
import { activeZone } from "./needles";
import { isShown } from "./shown";
import { add, minus } from "./vector";

/** Thickness of needles in 3-D, mm: the shaft of a 17 G needle, and its active zone, made thicker to be seen. */
const SHAFT_MM = 0.75;
const ZONE_MM = 1.5;
/** Structures larger than this hide what matters; they are drawn fainter. */
const LARGE_ML = 150;
/** Room around what the 3-D view looks at. */
const FRAME = 1.5;
/** The needles are first seen so far from the side. */
const ASIDE_DEG = 40;

interface Part {
  name: string;
  /** What people call it. */
  says: string;
  opacity: number;
  /** Where it comes from; null where the page makes it. */
  path: string | null;
  /** What is shown where that is not there. */
  instead?: string;
  colour: string;
  /** Whether it must be in sight. */
  focus?: boolean;
  make?: () => Surface;
}

const angles = signal({ azimuth: 200, elevation: 20 });
const state = signal<"starting" | "here" | "none" | "lost">("starting");
const words = signal("");

/** What is to be seen, the opaque first: what is seen through is laid over it. */
function parts(): Part[] {
  const info = openCase.value;
  const told = saved.value;
  if (!info || !told) return [];
  const run = results.value?.run;
  const of = `/cases/${encodeURIComponent(info.id)}`;
  const runs = run && run.status !== "none" ? `${of}/runs/${encodeURIComponent(run.key)}/surfaces` : null;
  const found: Part[] = [];
  const needles = told.plan.probes.map((needle, n) => ({ needle, zone: activeZone(needle, needle, told.needles[n]) }));
  if (needles.length) {
    const colour = token("needle");
    const rods = () => needles.flatMap(({ needle, zone }) => [
      rod(needle.entry_mm, needle.tip_mm, SHAFT_MM, colour),
      ...(zone ? [rod(zone[0], zone[1], ZONE_MM, colour)] : []),
    ]);
    const where = JSON.stringify(needles.map(({ needle, zone }) => [needle.entry_mm, needle.tip_mm, zone]));
    found.push({ name: `needles ${where}`, says: "needles", opacity: 1, path: null, colour, make: () => joined(rods()) });
  }
  const lies = lying.value.filter((one) => one.set);
  if (lies.length) {
    const colour = token("placed");
    const rods = () => lies.flatMap(({ needle, told: { active_zone_mm } }) => [
      rod(needle.entry_mm, needle.tip_mm, SHAFT_MM, colour),
      rod(active_zone_mm[0], active_zone_mm[1], ZONE_MM, colour),
    ]);
    const where = JSON.stringify(lies.map(({ needle }) => [needle.entry_mm, needle.tip_mm]));
    found.push({ name: `placed ${where}`, says: "needles as placed", opacity: 1, path: null, colour, make: () => joined(rods()) });
  }
  for (const row of info.structures) {
    if (!isShown(row)) continue;
    const path = `${of}/structures/${encodeURIComponent(row.name)}.mesh?key=${encodeURIComponent(row.key)}`;
    if (row.target) {
      // With a run that was judged the target carries its margin.
      const name = runs ? `margin ${run!.key} ${run!.nominal_only}` : `target ${row.key}`;
      found.push({ name, says: "target", opacity: 1, path: runs ? `${runs}/margin.mesh` : path, instead: path, colour: token("target"), focus: true });
    } else {
      const large = (row.volume_ml ?? 0) > LARGE_ML;
      found.push({ name: `structure ${row.key} ${shown.value[row.name]?.colour}`, says: row.name.replaceAll("_", " "), opacity: large ? 0.12 : 0.3, path, colour: shown.value[row.name]?.colour ?? token("structure") });
    }
  }
  if (runs)
    for (const [celsius, opacity] of [["-40", 0.35], ["-20", 0.3], ["0", 0.25]] as const)
      found.push({ name: `iso ${celsius} ${run!.key}`, says: "ice", opacity, path: `${runs}/iso${celsius}.mesh`, colour: token(`isotherm-${celsius.replace("-", "")}`), focus: true });
  return found.sort((a, b) => b.opacity - a.opacity);
}

async function load(part: Part): Promise<Surface> {
  if (part.make) return part.make();
  let answer = await fetch(`/api${part.path}`);
  if (!answer.ok && part.instead && part.instead !== part.path) answer = await fetch(`/api${part.instead}`);
  if (!answer.ok) throw new Error(`The server answered ${answer.status}.`);
  return readMesh(await answer.arrayBuffer(), part.colour);
}

/** Turns about the ice and its needles' zones and shows them large, however far structures reach. */
class Bench extends Niivue {
  /** Points (RAS mm, x, y, z …) that must be seen; empty: everything. */
  focus: Float32Array[] = [];

  override setPivot3D(): void {
    super.setPivot3D();
    const low = [Infinity, Infinity, Infinity];
    const high = [-Infinity, -Infinity, -Infinity];
    for (const points of this.focus)
      for (let n = 0; n < points.length; n++) {
        low[n % 3] = Math.min(low[n % 3]!, points[n]!);
        high[n % 3] = Math.max(high[n % 3]!, points[n]!);
      }
    if (!Number.isFinite(low[0]!)) return;
    this.pivot3D = low.map((v, a) => (v + high[a]!) / 2);
    this.furthestFromPivot = FRAME * Math.hypot(...low.map((v, a) => (high[a]! - v) / 2));
  }
}

/** From where the needles are seen a little from the side, their entries towards the viewer. */
function fromEntries(): number {
  const needles = saved.peek()?.plan.probes ?? [];
  const way: Mm = needles.reduce<Mm>((sum, n) => add(sum, minus(n.entry_mm, n.tip_mm)), [0, 0, 0]);
  if (!needles.length) return angles.peek().azimuth;
  const near = (azimuth: number) => onScreen(way, azimuth, angles.peek().elevation)[2];
  const best = Array.from({ length: 36 }, (_, n) => n * 10).reduce((a, b) => (near(b) > near(a) ? b : a));
  return (best + ASIDE_DEG) % 360;
}

/** The wheel zooms, arrow keys turn, plus and minus zoom. */
function turnBy(canvas: HTMLCanvasElement, view: Niivue): () => void {
  const zoom = (factor: number) => view.setScale(Math.min(8, Math.max(0.2, view.scene.volScaleMultiplier * factor)));
  const wheel = (event: WheelEvent) => {
    event.preventDefault();
    event.stopImmediatePropagation();
    zoom(Math.exp(-event.deltaY / 600));
  };
  const key = (event: KeyboardEvent) => {
    const turns: Record<string, [number, number]> = { ArrowLeft: [15, 0], ArrowRight: [-15, 0], ArrowUp: [0, 15], ArrowDown: [0, -15] };
    const by = turns[event.key];
    const { azimuth, elevation } = angles.peek();
    if (by) view.setRenderAzimuthElevation(azimuth + by[0], Math.max(-90, Math.min(90, elevation + by[1])));
    else if (event.key === "+" || event.key === "=") zoom(1.2);
    else if (event.key === "-") zoom(1 / 1.2);
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  canvas.addEventListener("wheel", wheel, { passive: false, capture: true });
  canvas.addEventListener("keydown", key, { capture: true });
  return () => {
    canvas.removeEventListener("wheel", wheel, { capture: true });
    canvas.removeEventListener("keydown", key, { capture: true });
  };
}

/** Have the view show what there is; answers how to end. */
async function begin(canvas: HTMLCanvasElement): Promise<() => void> {
  const view = new Bench({
    backColor: [0.035, 0.05, 0.065, 1],
    show3Dcrosshair: false,
    isOrientCube: false,
    isOrientationTextVisible: false,
    dragAndDropEnabled: false,
    loadingText: "",
    logLevel: "error",
    isAntiAlias: true,
    crosshairWidth: 0,
    // Keys of NiiVue that would leave the 3-D view.
    viewModeHotKey: "",
    clipPlaneHotKey: "",
    cycleClipPlaneHotKey: "",
  });
  await view.attachToCanvas(canvas, true);
  view.setSliceType(view.sliceTypeRender);
  angles.value = { ...angles.peek(), azimuth: fromEntries() };
  view.setRenderAzimuthElevation(angles.peek().azimuth, angles.peek().elevation);
  view.onAzimuthElevationChange = (azimuth: number, elevation: number) => (angles.value = { azimuth, elevation });
  const stopHand = turnBy(canvas, view);
  const there = new Map<string, NVMesh>();
  let turn = 0;
  const show = async (wanted: Part[]) => {
    const mine = ++turn;
    const failed: string[] = [];
    const loaded = await Promise.all(
      wanted.map(async (part) => {
        if (there.has(part.name)) return null;
        return load(part).catch(() => {
          failed.push(part.says);
          return null;
        });
      }),
    );
    if (mine !== turn) return;
    const names = new Set(wanted.map((p) => p.name));
    for (const [name, mesh] of there)
      if (!names.has(name)) {
        mesh.unloadMesh(view.gl);
        there.delete(name);
      }
    wanted.forEach((part, n) => {
      const surface = loaded[n];
      if (!surface || !surface.triangles.length) return;
      const mesh = new NVMesh(surface.points, surface.triangles, part.name, surface.colours, part.opacity, true, view.gl);
      there.set(part.name, mesh);
    });
    view.meshes = wanted.map((p) => there.get(p.name)).filter((m) => m !== undefined);
    view.focus = wanted.filter((p) => p.focus).flatMap((p) => there.get(p.name)?.pts ?? []);
    view.updateGLVolume();
    words.value = failed.length ? `Not yet: ${[...new Set(failed)].join(", ")}.` : "";
    state.value = "here";
  };
  const stop = effect(() => {
    if (!dragged.value) void show(parts());
  });
  return () => {
    stop();
    stopHand();
    turn++;
    view.cleanup();
    view.gl.getExtension("WEBGL_lose_context")?.loseContext();
  };
}

const DIRECTIONS: [string, Mm][] = [
  ["L", [1, 0, 0]],
  ["R", [-1, 0, 0]],
  ["P", [0, 1, 0]],
  ["A", [0, -1, 0]],
  ["H", [0, 0, 1]],
  ["F", [0, 0, -1]],
];

/** Which way the patient lies in the view, as letters around a point. */
function Letters() {
  const { azimuth, elevation } = angles.value;
  return (
    <svg class="solid-letters" viewBox="-40 -40 80 80" role="img" aria-label="Directions of the patient">
      {DIRECTIONS.map(([name, direction]) => {
        const [x, y, near] = onScreen(direction, azimuth, elevation);
        return (
          <g key={name} opacity={0.65 + 0.35 * near}>
            <line x1={0} y1={0} x2={x * 20} y2={-y * 20} />
            <text x={x * 30} y={-y * 30}>
              {name}
            </text>
          </g>
        );
      })}
    </svg>
  );
}

export function Solid({ onEnlarge }: { onEnlarge: () => void }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    state.value = "starting";
    let end: (() => void) | null = null;
    let gone = false;
    begin(canvas.current!).then(
      (stop) => {
        if (gone) stop();
        else end = stop;
      },
      () => (state.value = "none"),
    );
    return () => {
      gone = true;
      end?.();
    };
  }, []);
  const ice = useComputed(solidWords);
  if (state.value === "none") return <Drawn why="3-D could not be started" onEnlarge={onEnlarge} />;
  return (
    <div class="solid" data-test="view-3d" onDblClick={onEnlarge}>
      <canvas ref={canvas} role="application" aria-label="3-D view of ice, target, structures and needles. Drag or arrow keys turn it, the wheel or plus and minus zoom." tabIndex={0} />
      <p class="corner corner-title">
        <b>3-D</b>
        <span>{dragged.value ? "follows when the needle is let go" : inOwnPlace.value ? "the plan, not the control CT" : words.value}</span>
      </p>
      {ice.value && (
        <p class="corner corner-window">
          <b class={`ice-word ice-${ice.value.tone}`}>{ice.value.word}</b>
        </p>
      )}
      <Letters />
      {state.value === "starting" && <p class="slice-state">Starting 3-D…</p>}
      <button type="button" class="enlarge" data-own title="Enlarge or restore" aria-label="Enlarge or restore the 3-D view" onClick={onEnlarge}>
        ⤢
      </button>
    </div>
  );
}
