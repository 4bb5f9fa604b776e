/** One slice: the image below, what lies on it above, handles as buttons, words in the corners. */
import { effect, useComputed } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Mm } from "../api/box";
import { chosenNeedle, cold, cross, masks, openCase, plan, saved, shown } from "../state/desk";
import { iceLines } from "../state/observed";
import { inOwnPlace, lying, other, seen } from "../state/placed";
import { painted, smooth } from "../state/view";
import { token } from "./colours";
import { Corners } from "./corners";
import { type ViewKind, eyes, leftScreen } from "./eye";
import { greyWindow } from "./grey";
import { Hand } from "./hand";
import { handleMm } from "./handles";
import { type SliceView, layersHere, repaintAsked, sliceView } from "./layers";
import { activeZone } from "./needles";
import { type Outline, Overlay, type Scene } from "./overlay";
import { Picture } from "./picture";
import { isShown, standing } from "./shown";

const PARTS = ["tip", "entry", "middle"] as const;
const PART_WORDS = { tip: "tip", entry: "entry", middle: "depth" } as const;

/** What lies on the slices, from what is on the desk. */
function scene(kind: ViewKind): Scene {
  const common = { cross: kind === "needle" ? null : cross.value, layers: layersHere.value, chosen: chosenNeedle.value };
  // Nothing of the plan lies where a control CT in its own place shows the patient.
  if (inOwnPlace.value) return { ...common, cold: null, outlines: [], ice: [], needles: [], lying: [] };
  const document_ = plan.value;
  const told = saved.value;
  const outlines: Outline[] = [];
  for (const row of openCase.value?.structures ?? []) {
    const box = masks.value[row.key];
    if (!box || !isShown(row)) continue;
    const status = standing(row);
    const own = shown.value[row.name]?.colour ?? token("structure");
    const colour = row.target ? token("target") : status ? token(status.token) : own;
    outlines.push({ key: `structure ${row.key}`, name: row.name, said: status?.words ?? "", box, colour, target: row.target });
  }
  outlines.sort((a, b) => +a.target - +b.target);
  return {
    ...common,
    cold: cold.value,
    outlines,
    needles: (document_?.probes ?? []).map((needle, n) => ({
      needle,
      zone: activeZone(needle, told?.plan.probes[n], told?.needles[n]),
    })),
    ice: iceLines.value,
    lying: lying.value.map(({ needle, told: { active_zone_mm }, set }) => ({ needle, zone: active_zone_mm as [Mm, Mm], set })),
  };
}

export function Pane({ kind, onEnlarge }: { kind: ViewKind; onEnlarge: () => void }) {
  const place = useRef<HTMLDivElement>(null);
  const below = useRef<HTMLCanvasElement>(null);
  const above = useRef<HTMLCanvasElement>(null);
  const enlarge = useRef(onEnlarge);
  enlarge.current = onEnlarge;

  useEffect(() => {
    const host = place.current!;
    const eye = eyes[kind];
    const top = above.current!;
    const ctx = top.getContext("2d")!;
    const picture = new Picture(below.current!);
    const overlay = new Overlay();
    let size = { width: 0, height: 0 };
    let view: SliceView | null = null;
    let frame = 0;
    let lastCross: Mm | null = null;

    const paint = () => {
      frame = 0;
      if (size.width < 2 || size.height < 2) return;
      if (eye.centre.peek() === null) eye.fit(size);
      else if (lastCross && lastCross !== cross.value && kind !== "needle" && !eye.held.peek() && leftScreen(eye, size, cross.value))
        eye.centre.value = cross.value;
      lastCross = cross.value;
      const began = performance.now();
      view = sliceView(kind, eye.plane(), eye.pxPerMm.value, size, ctx);
      const box = seen.value;
      picture.paint(box, view, greyWindow(box), smooth.value);
      const ratio = picture.ratio;
      ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
      const now = scene(kind);
      overlay.paint(view, now);
      placeHandles(host, view, now);
      const ended = performance.now();
      painted.value = { view: kind, cold: now.cold, at: ended, took: ended - began };
      const told = (window.iceball ??= {});
      if (box) told.ready = true;
      told.took = { ...told.took, [kind]: ended - began };
    };
    // Whatever a painting reads is heard; many changes in one frame are one painting.
    const stopHearing = effect(() => {
      heard(kind);
      frame ||= requestAnimationFrame(paint);
    });
    const watch = new ResizeObserver(() => {
      const wide = host.clientWidth;
      const tall = host.clientHeight;
      if (wide < 2 || tall < 2 || (wide === size.width && tall === size.height)) return;
      size = { width: wide, height: tall };
      eye.laidOut(size);
      const ratio = picture.resize(size);
      top.width = Math.round(wide * ratio);
      top.height = Math.round(tall * ratio);
      cancelAnimationFrame(frame);
      paint();
    });
    watch.observe(host);
    const hand = new Hand(host, eye, () => view ?? sliceView(kind, eye.plane(), 1, size, ctx), () => enlarge.current());
    return () => {
      stopHearing();
      watch.disconnect();
      hand.stop();
      cancelAnimationFrame(frame);
    };
  }, [kind]);

  // The buttons move without being made anew.
  const names = useComputed(() => JSON.stringify((plan.value?.probes ?? []).map((needle) => needle.name ?? "")));
  const needles = other.value ? [] : (JSON.parse(names.value) as string[]);
  const chosen = chosenNeedle.value;
  const name = kind === "needle" ? "Plane of the chosen needle" : `${kind} slice`;
  return (
    <div
      class="slice"
      ref={place}
      data-test={`view-${kind}`}
      tabIndex={0}
      role="application"
      aria-roledescription="image slice"
      aria-label={`${name}. Page keys go through slices, plus and minus zoom, 0 resets, Enter enlarges. Arrows move the chosen needle's tip; Tab reaches the handles.`}
    >
      <canvas ref={below} class="slice-image" aria-hidden="true" />
      <canvas ref={above} class="slice-overlay" aria-hidden="true" />
      {needles.flatMap((called, n) =>
        PARTS.filter((part) => part !== "middle" || n === chosen).map((part) => (
          <button
            key={`${n} ${part}`}
            type="button"
            class={`handle handle-${part}${n === chosen ? " handle-chosen" : ""}`}
            data-test={`needle-${n}-${part}`}
            data-needle={n}
            data-part={part}
            tabIndex={n === chosen ? 0 : -1}
            aria-label={`${called || `needle ${n + 1}`}, ${PART_WORDS[part]}: arrow keys move it by 1 mm, with Shift by 5 mm`}
          />
        )),
      )}
      <Corners kind={kind} onEnlarge={onEnlarge} />
    </div>
  );
}

/** Read every signal that a painting depends on. */
function heard(kind: ViewKind): void {
  const eye = eyes[kind];
  eye.plane();
  void [eye.pxPerMm.value, eye.centre.value, seen.value, smooth.value, repaintAsked()];
  greyWindow(seen.value);
  scene(kind);
}

function placeHandles(host: HTMLElement, view: SliceView, now: Scene): void {
  for (const handle of host.querySelectorAll<HTMLElement>(".handle")) {
    const needle = now.needles[Number(handle.dataset["needle"])]?.needle;
    if (!needle) continue;
    const at = handleMm(needle, handle.dataset["part"] as (typeof PARTS)[number]);
    const { x, y } = view.toPx(at);
    handle.style.transform = `translate(${x.toFixed(1)}px, ${y.toFixed(1)}px)`;
    handle.dataset["off"] = Math.abs(view.depth(at)) > 2.5 ? "yes" : "no";
  }
}

