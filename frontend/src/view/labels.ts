/** Words and lines on the image that can be read on bright and dark tissue, and do not cover each other. */
import type { Px } from "./layers";

const HALO = "rgba(0, 0, 0, 0.75)";
export const FONT = '"Segoe UI", "Helvetica Neue", Arial, "DejaVu Sans", sans-serif';

/** Stroke a path in a colour over a dark edge. */
export function haloed(ctx: CanvasRenderingContext2D, path: Path2D, colour: string, width: number, dash: number[] = []): void {
  ctx.setLineDash(dash);
  ctx.strokeStyle = HALO;
  ctx.lineWidth = width + 1.6;
  ctx.stroke(path);
  ctx.strokeStyle = colour;
  ctx.lineWidth = width;
  ctx.stroke(path);
  ctx.setLineDash([]);
}

/** Write a word in a colour on a dark ground that lets the image through, its middle at a point. `wide` is the word's. */
export function written(ctx: CanvasRenderingContext2D, text: string, at: Px, colour: string, wide: number): void {
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  ctx.fillStyle = "rgba(8, 12, 16, 0.78)";
  ctx.beginPath();
  ctx.roundRect(at.x - wide / 2 - 3, at.y - 7.5, wide + 6, 15, 3);
  ctx.fill();
  ctx.fillStyle = colour;
  ctx.fillText(text, at.x, at.y + 0.5);
}

/** Places that words have taken on one view. */
export class Labels {
  private taken: { x: number; y: number; w: number; h: number }[] = [];

  constructor(
    private readonly ctx: CanvasRenderingContext2D,
    private readonly size: { width: number; height: number },
  ) {}

  /** Keep words away from a point. */
  reserve(at: Px, w: number, h: number): void {
    this.taken.push({ x: at.x, y: at.y, w, h });
  }

  /** Write at the first of the places that is free and on the screen; nowhere if none is. */
  write(text: string, places: Px[], colour: string, font = `600 11px ${FONT}`): void {
    this.ctx.font = font;
    const wide = this.ctx.measureText(text).width;
    const w = wide + 8;
    const h = 16;
    for (const at of places) {
      const off = at.x < w / 2 + 4 || at.y < 34 || at.x > this.size.width - w / 2 - 4 || at.y > this.size.height - 34;
      const covers = this.taken.some((t) => Math.abs(t.x - at.x) < (t.w + w) / 2 && Math.abs(t.y - at.y) < (t.h + h) / 2);
      if (off || covers) continue;
      this.taken.push({ x: at.x, y: at.y, w, h });
      written(this.ctx, text, at, colour, wide);
      return;
    }
  }
}
