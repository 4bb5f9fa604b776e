/** The image of one slice on a canvas. Its greys are made anew only for another plane or window; pan and zoom of a slice
 * along the image's own axes only move what is there. */
import type { Box } from "../api/box";
import type { Window } from "../state/view";
import type { SliceView } from "./layers";
import { type Sheet, cellMm, greys, meets, overlap, ownRaster, rasterOf, sample, shadow } from "./slice";
import { section } from "./overlay";
import { dot } from "./vector";

/** Oblique slices are sampled this finely at most, in CSS pixels of the screen. */
const FINEST_PX = 1;

export class Picture {
  ratio = 1;
  private readonly ctx: CanvasRenderingContext2D;
  private readonly store = document.createElement("canvas");
  private sheet: { box: Box; key: string; sheet: Sheet | null } | null = null;
  private greyed = "";
  private last = "";
  private lastBox: Box | null = null;

  constructor(private readonly canvas: HTMLCanvasElement) {
    this.ctx = canvas.getContext("2d", { alpha: false })!;
  }

  /** Take a size in CSS pixels; answers how many pixels of the screen one of them is. */
  resize(size: { width: number; height: number }): number {
    this.ratio = Math.min(2, window.devicePixelRatio || 1);
    this.canvas.width = Math.round(size.width * this.ratio);
    this.canvas.height = Math.round(size.height * this.ratio);
    this.last = "";
    return this.ratio;
  }

  paint(box: Box | null, view: SliceView, window_: Window, smooth: boolean): void {
    const { plane, pxPerMm, size } = view;
    const where = section(plane);
    const state = `${where} ${plane.centre.join(" ")} ${pxPerMm} ${window_.width} ${window_.level} ${smooth}`;
    if (state === this.last && box === this.lastBox) return;
    this.last = state;
    this.lastBox = box;
    const { ctx, ratio } = this;
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.fillStyle = "#000000";
    ctx.fillRect(0, 0, this.canvas.width, this.canvas.height);
    const sheet = box && this.sampled(box, view, where, smooth);
    if (!sheet) return;
    const look = `${window_.width} ${window_.level}`;
    if (this.greyed !== look) {
      this.store.width = sheet.width;
      this.store.height = sheet.height;
      const data = new ImageData(sheet.width, sheet.height);
      greys(sheet.values, window_.level - window_.width / 2, window_.level + window_.width / 2, new Uint32Array(data.data.buffer));
      this.store.getContext("2d")!.putImageData(data, 0, 0);
      this.greyed = look;
    }
    const scale = pxPerMm * ratio;
    const x = (sheet.u0 - sheet.stepU / 2 - dot(plane.centre, plane.right)) * scale + (size.width * ratio) / 2;
    const y = (sheet.v0 - sheet.stepV / 2 - dot(plane.centre, plane.down)) * scale + (size.height * ratio) / 2;
    ctx.imageSmoothingEnabled = smooth;
    // A slice made much smaller is averaged, not thinned out.
    ctx.imageSmoothingQuality = Math.min(sheet.stepU, sheet.stepV) * scale < 0.6 ? "medium" : "low";
    ctx.drawImage(this.store, x, y, sheet.width * sheet.stepU * scale, sheet.height * sheet.stepV * scale);
  }

  private sampled(box: Box, view: SliceView, where: string, smooth: boolean): Sheet | null {
    const own = ownRaster(box, view.plane);
    const { plane, pxPerMm, size } = view;
    // An oblique slice is sampled where it can be seen, as finely as it can be seen.
    const step = Math.max(FINEST_PX / pxPerMm, Math.min(...cellMm(box)) / 2);
    const [u, v] = [dot(plane.centre, plane.right), dot(plane.centre, plane.down)];
    const [halfU, halfV] = [size.width / 2 / pxPerMm, size.height / 2 / pxPerMm];
    const seen = own
      ? ""
      : `${u.toFixed(3)} ${v.toFixed(3)} ${halfU.toFixed(3)} ${halfV.toFixed(3)}`;
    const key = `${where} ${seen} ${smooth}`;
    if (this.sheet?.box === box && this.sheet.key === key) return this.sheet.sheet;
    const area = own ? null : overlap(shadow(box, plane), { u0: u - halfU, u1: u + halfU, v0: v - halfV, v1: v + halfV });
    const raster = own ?? (area && rasterOf(area, step));
    const sheet = raster && meets(box, plane) ? sample(box, plane, raster, smooth) : null;
    this.sheet = { box, key, sheet };
    this.greyed = "";
    return sheet;
  }
}
