/** Where each view looks: its plane, its middle and its scale. The planes are linked by the cross. */
import { effect, signal, untracked } from "@preact/signals";
import type { Mm } from "../api/box";
import { chosenNeedle, cross, openCase, plan } from "../state/desk";
import { inOwnPlace, looking, ownShaft, seen } from "../state/placed";
import { WINDOWS, display, window_ } from "../state/view";
import { CHANGED } from "./grey";
import { type Kind, type Plane, asOnTable, gravity, normal, patientPlane, shaftPlane } from "./plane";
import { cellMm } from "./slice";
import { add, between, dot, minus, times } from "./vector";

export type ViewKind = Kind | "needle";

/** What a view shows at first along its shorter side: the ice and its surroundings. */
const FIELD_MM = 190;
/** Room around a needle in its own view. */
const BEYOND_MM = 26;
const [SMALLEST, LARGEST] = [0.3, 60];

export class Eye {
  /** The middle of the screen; null until the view is laid out, and after a reset. */
  readonly centre = signal<Mm | null>(null);
  readonly pxPerMm = signal(1);
  /** Of the needle's view: how far off the shaft, mm. */
  readonly off = signal(0);
  /** The plane while something is dragged in this view: it stays until the hand lets go. */
  readonly held = signal<Plane | null>(null);

  /** The shorter side of the screen that the scale is for, px. */
  private short = 0;

  constructor(readonly kind: ViewKind) {}

  /** The screen has another size: what filled it fills it again. */
  laidOut(size: { width: number; height: number }): void {
    const short = Math.min(size.width, size.height);
    if (this.centre.peek() && this.short > 0) this.pxPerMm.value *= short / this.short;
    this.short = short;
  }

  /** The plane as it stands, its centre in the middle of the screen. */
  plane(): Plane {
    const held = this.held.value;
    const base = held ?? this.turned(this.kind === "needle" ? this.alongNeedle() : patientPlane(this.kind, cross.value));
    const out = normal(base);
    const centre = this.centre.value ?? base.centre;
    return { ...base, centre: add(centre, times(out, dot(minus(base.centre, centre), out))) };
  }

  private alongNeedle(): Plane {
    const shaft = shaftNow();
    const along = shaft && shaftPlane(...shaft);
    if (!along) return { ...patientPlane("coronal", cross.value), name: inOwnPlace.value ? "coronal" : "coronal (no needle is chosen)" };
    return { ...along, centre: add(along.centre, times(normal(along), this.off.value)) };
  }

  private turned(plane: Plane): Plane {
    const down = display.value === "table" ? gravity(openCase.value?.patient_position ?? "") : null;
    return down ? asOnTable(plane, down) : plane;
  }

  /** Look at the cross, or at the whole of the chosen needle, at the usual scale. */
  fit(size: { width: number; height: number }): void {
    this.off.value = 0;
    const short = Math.min(size.width, size.height);
    const shaft = this.kind === "needle" ? untracked(shaftNow) : null;
    if (shaft) {
      const [entry, tip] = shaft;
      const plane = this.turned(shaftPlane(entry, tip) ?? patientPlane("axial", tip));
      const along = minus(tip, entry);
      const wide = Math.abs(dot(along, plane.right)) + 2 * BEYOND_MM;
      const tall = Math.abs(dot(along, plane.down)) + 2 * BEYOND_MM;
      this.pxPerMm.value = Math.min(size.width / wide, size.height / tall);
      this.centre.value = between(entry, tip, 0.55);
    } else {
      this.pxPerMm.value = short / FIELD_MM;
      this.centre.value = cross.peek();
    }
  }

  /** Zoom about a point that stays where it is on the screen. */
  zoom(factor: number, about: Mm): void {
    const before = this.pxPerMm.peek();
    const after = Math.min(LARGEST, Math.max(SMALLEST, before * factor));
    const centre = this.plane().centre;
    this.centre.value = add(about, times(minus(centre, about), before / after));
    this.pxPerMm.value = after;
  }

  pan(by: Mm): void {
    this.centre.value = minus(this.plane().centre, by);
  }

  /** Go so many slices on, to the back of the screen (caudal in an axial view). */
  scroll(slices: number): void {
    const plane = this.plane();
    const out = normal(plane);
    const step = this.step(out);
    if (this.kind === "needle" && untracked(shaftNow)) this.off.value += slices * step;
    else cross.value = add(cross.peek(), times(out, slices * step * (this.kind === "axial" ? -1 : 1)));
  }

  /** The distance between two slices: the image's own where the view runs along its axes, else 1 mm. */
  step(out: Mm): number {
    const box = seen.peek();
    if (!box) return 1;
    const cell = cellMm(box);
    const axis = box.toIndex.findIndex((r, a) => Math.abs(Math.hypot(r[0] * out[0] + r[1] * out[1] + r[2] * out[2]) * cell[a]! - 1) < 1e-4);
    return axis < 0 ? 1 : cell[axis]!;
  }
}

/** The shaft, entry and tip, that the needle's view lies along: of the chosen needle, or of the streak that is being set. */
function shaftNow(): [Mm, Mm] | null {
  if (inOwnPlace.value) return ownShaft.value;
  const needle = plan.value?.probes[chosenNeedle.value ?? -1];
  return needle ? [needle.entry_mm, needle.tip_mm] : null;
}

/** One eye for each view, kept while layouts change. */
export const eyes: Record<ViewKind, Eye> = {
  axial: new Eye("axial"),
  coronal: new Eye("coronal"),
  sagittal: new Eye("sagittal"),
  needle: new Eye("needle"),
};

let started = false;

/** From now on look afresh when another case is opened, and along another needle when another is chosen. */
export function startLooking(): void {
  if (started) return;
  started = true;
  let which = "";
  let needle: number | null = null;
  let image = looking.peek();
  effect(() => {
    const id = openCase.value?.id ?? "";
    const chosen = chosenNeedle.value;
    const now = looking.value;
    // The image in its own place lies elsewhere; laid over, it lies where the plan does.
    if (id === which && (now === "own") !== (image === "own")) for (const eye of Object.values(eyes)) eye.centre.value = null;
    image = now;
    if (id !== which) {
      for (const eye of Object.values(eyes)) eye.centre.value = null;
      // A window set by hand was for the image before.
      if (window_.peek().name === CHANGED) window_.value = WINDOWS[0]!;
    } else if (chosen !== needle) eyes.needle.centre.value = null;
    which = id;
    needle = chosen;
  });
}

/** Whether a point lies so far off the screen's middle that the view should follow it. */
export function leftScreen(eye: Eye, size: { width: number; height: number }, at: Mm): boolean {
  const plane = eye.plane();
  const off = minus(at, plane.centre);
  const scale = eye.pxPerMm.peek();
  return (
    Math.abs(dot(off, plane.right)) * scale > size.width / 2 - 10 ||
    Math.abs(dot(off, plane.down)) * scale > size.height / 2 - 10
  );
}

/** How a plane stands: the slice's position along the patient's axis, or its tilt. */
export function sliceWords(kind: ViewKind, plane: Plane): string {
  const out = normal(plane);
  const axis = out.findIndex((v) => Math.abs(v) > 0.9999);
  if (kind === "needle" || axis < 0) return plane.name;
  const at = plane.centre[axis]!;
  return `${plane.name}, ${"xyz"[axis]} ${at.toFixed(1).replace("-", "−")} mm`;
}
