/** Lines of equal value on a plane: isotherms, and outlines of what was drawn. */
import type { Sheet } from "./slice";

/** A line as u, v, u, v … in mm on the plane. */
export interface Line {
  points: Float32Array;
  closed: boolean;
}

/** Lines where the values pass `level`. Cells with a sample outside the box are left out, so lines may be open there.
 *
 * Marching squares. Each cell sends its lines from where its border comes in to where it goes out, so that a crossing of
 * an edge has one successor and lines are followed without a search.
 */
export function contours(sheet: Sheet, level: number): Line[] {
  const { values, width, height } = sheet;
  const next = new Int32Array(2 * width * height).fill(-1);
  const hasBefore = new Uint8Array(2 * width * height);
  let any = false;
  const link = (from: number, to: number) => {
    next[from] = to;
    hasBefore[to] = 1;
    any = true;
  };
  for (let y = 0; y + 1 < height; y++) {
    for (let x = 0; x + 1 < width; x++) {
      const n = y * width + x;
      const a = values[n]!;
      const b = values[n + 1]!;
      const c = values[n + width + 1]!;
      const d = values[n + width]!;
      const mask = (a < level ? 1 : 0) | (b < level ? 2 : 0) | (c < level ? 4 : 0) | (d < level ? 8 : 0);
      if (mask === 15) continue;
      // A comparison with NaN is false, so a cell without values has mask 0 or a mixed one: look.
      if (mask === 0 || a + b + c + d !== a + b + c + d) continue;
      const top = 2 * n;
      const bottom = 2 * (n + width);
      const left = 2 * n + 1;
      const right = 2 * (n + 1) + 1;
      if (mask === 5 || mask === 10) {
        const joined = (a + b + c + d) / 4 < level;
        if ((mask === 5) === joined) {
          link(mask === 5 ? right : top, mask === 5 ? top : right);
          link(mask === 5 ? left : bottom, mask === 5 ? bottom : left);
        } else {
          link(mask === 5 ? left : right, mask === 5 ? top : bottom);
          link(mask === 5 ? right : left, mask === 5 ? bottom : top);
        }
        continue;
      }
      const edges = [top, right, bottom, left];
      const ways = WAYS[mask]!;
      link(edges[ways[0]]!, edges[ways[1]]!);
    }
  }
  return any ? followed(sheet, level, next, hasBefore) : [];
}

/** Per mask of the corners below the level (upper left 1, upper right 2, lower right 4, lower left 8): the edge (top,
 * right, bottom, left) where a walk clockwise around the cell comes in, and the one where it goes out. */
const WAYS: Record<number, [number, number]> = {
  1: [3, 0],
  2: [0, 1],
  3: [3, 1],
  4: [1, 2],
  6: [0, 2],
  7: [3, 2],
  8: [2, 3],
  9: [2, 0],
  11: [2, 1],
  12: [1, 3],
  13: [1, 0],
  14: [0, 3],
};

function followed(sheet: Sheet, level: number, next: Int32Array, hasBefore: Uint8Array): Line[] {
  const lines: Line[] = [];
  const follow = (start: number) => {
    const points: number[] = [];
    let edge = start;
    while (edge >= 0) {
      crossing(sheet, level, edge, points);
      const after = next[edge]!;
      next[edge] = -1;
      if (after === start) {
        lines.push({ points: Float32Array.from(points), closed: true });
        return;
      }
      edge = after;
    }
    lines.push({ points: Float32Array.from(points), closed: false });
  };
  for (let edge = 0; edge < next.length; edge++) if (next[edge]! >= 0 && !hasBefore[edge]) follow(edge);
  for (let edge = 0; edge < next.length; edge++) if (next[edge]! >= 0) follow(edge);
  return lines;
}

function crossing(sheet: Sheet, level: number, edge: number, points: number[]): void {
  const { values, width, u0, v0, stepU, stepV } = sheet;
  const n = edge >> 1;
  const upright = edge & 1;
  const a = values[n]!;
  const b = values[upright ? n + width : n + 1]!;
  const share = (level - a) / (b - a);
  const x = n % width;
  const y = (n - x) / width;
  points.push(u0 + (x + (upright ? 0 : share)) * stepU, v0 + (y + (upright ? share : 0)) * stepV);
}

/** Area inside closed lines in mm2, holes taken off. */
export function area(lines: Line[]): number {
  return Math.abs(
    lines
      .filter((l) => l.closed)
      .reduce((sum, { points }) => {
        let twice = 0;
        for (let n = 0; n < points.length; n += 2) {
          const m = (n + 2) % points.length;
          twice += points[n]! * points[m + 1]! - points[m]! * points[n + 1]!;
        }
        return sum + twice / 2;
      }, 0),
  );
}

/** Draw lines smoothly: through the middles of their pieces, bent at their points. `toX`, `toY` bring mm to pixels. */
export function trace(path: Path2D, lines: Line[], toX: (u: number) => number, toY: (v: number) => number): void {
  for (const { points, closed } of lines) {
    const count = points.length / 2;
    if (count < 2) continue;
    const x = (n: number) => toX(points[2 * (n % count)]!);
    const y = (n: number) => toY(points[2 * (n % count) + 1]!);
    if (closed) path.moveTo((x(0) + x(1)) / 2, (y(0) + y(1)) / 2);
    else path.moveTo(x(0), y(0));
    for (let n = 1; n < (closed ? count + 1 : count - 1); n++)
      path.quadraticCurveTo(x(n), y(n), (x(n) + x(n + 1)) / 2, (y(n) + y(n + 1)) / 2);
    if (closed) path.closePath();
    else path.lineTo(x(count - 1), y(count - 1));
  }
}
