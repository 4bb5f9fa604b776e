/** What other rooms draw on the slices and hear of the pointer there. */
import { computed, signal } from "@preact/signals";
import type { Mm } from "../api/box";
import { inOwnPlace } from "../state/placed";
import { type Plane, pointOf, project } from "./plane";

/** A point on the screen, in CSS pixels from the view's upper left corner. */
export interface Px {
  x: number;
  y: number;
}

/** One slice as it stands on the screen. `ctx` is scaled to CSS pixels. */
export interface SliceView {
  /** "axial", "coronal", "sagittal" or "needle". */
  readonly kind: string;
  readonly plane: Plane;
  readonly pxPerMm: number;
  readonly size: { readonly width: number; readonly height: number };
  readonly ctx: CanvasRenderingContext2D;
  toMm(at: Px): Mm;
  /** The point projected onto the plane. */
  toPx(at: Mm): Px;
  /** How far a point lies out of the plane, mm (signed). */
  depth(at: Mm): number;
}

export interface Layer {
  paint(view: SliceView): void;
  /** True where the layer takes the pointer: the view then does nothing of its own until it is up. */
  pointer(kind: "down" | "move" | "up", at: Mm, view: SliceView, event: PointerEvent): boolean;
  /** True where the layer takes a key that was pressed in a slice. */
  key?(event: KeyboardEvent, view: SliceView): boolean;
  /** True for what lies on a control CT in its own place; all else lies in the planning image's place. */
  own?: boolean;
}

/** The layers in the order in which they are painted; the last one hears the pointer first. */
export const layers = signal<readonly Layer[]>([]);

/** Those that belong to the image that is shown. */
export const layersHere = computed(() => layers.value.filter((layer) => (layer.own ?? false) === inOwnPlace.value));

/** Add a layer; the answer takes it away again. */
export function registerLayer(layer: Layer): () => void {
  layers.value = [...layers.value, layer];
  return () => {
    layers.value = layers.value.filter((other) => other !== layer);
  };
}

const repaints = signal(0);

/** Have all slices painted anew (in the next frame): a layer calls it when what it shows has changed. */
export function repaint(): void {
  repaints.value++;
}

/** Read inside a painting effect, so that `repaint` calls it again. */
export const repaintAsked = (): number => repaints.value;

/** A view of `plane` (whose centre lies in the middle of the screen). */
export function sliceView(
  kind: string,
  plane: Plane,
  pxPerMm: number,
  size: { width: number; height: number },
  ctx: CanvasRenderingContext2D,
): SliceView {
  return {
    kind,
    plane,
    pxPerMm,
    size,
    ctx,
    toMm: ({ x, y }) => pointOf(plane, (x - size.width / 2) / pxPerMm, (y - size.height / 2) / pxPerMm),
    toPx: (at) => {
      const [u, v] = project(plane, at);
      return { x: u * pxPerMm + size.width / 2, y: v * pxPerMm + size.height / 2 };
    },
    depth: (at) => project(plane, at)[2],
  };
}
