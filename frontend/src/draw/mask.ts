/** Cells that are drawn: on the image's grid, painted with a brush; and how they travel to the server and back. */
import type { BoxHeader, Matrix, Mm } from "../api/box";
import { inverse } from "../api/box";

/** Cells of a box, first index fastest: how many are 0, then how many are 1, and so on. */
export interface MaskTold {
  shape: readonly [number, number, number];
  affine: Matrix;
  runs: number[];
}

/** What a stroke changed: cells, and what they are now. */
export interface Stroke {
  cells: number[];
  value: 0 | 1;
}

type Index = [number, number, number];

export class Cells {
  readonly data: Uint8Array;
  readonly toIndex: Matrix;
  /** Distance between neighbours along the three index axes, mm. */
  readonly spacing: Index;
  count = 0;

  constructor(
    readonly shape: readonly [number, number, number],
    readonly affine: Matrix,
  ) {
    this.data = new Uint8Array(shape[0] * shape[1] * shape[2]);
    this.toIndex = inverse(affine);
    this.spacing = [0, 1, 2].map((a) => Math.hypot(affine[0]![a]!, affine[1]![a]!, affine[2]![a]!)) as Index;
  }

  static on(image: BoxHeader): Cells {
    return new Cells(image.shape, image.affine);
  }

  get volumeMl(): number {
    return (this.count * this.spacing[0] * this.spacing[1] * this.spacing[2]) / 1000;
  }

  indexOf(at: Mm): Index {
    return this.toIndex.map((r) => r[0] * at[0] + r[1] * at[1] + r[2] * at[2] + r[3]) as Index;
  }

  mmOf(i: number, j: number, k: number): Mm {
    return this.affine.slice(0, 3).map((r) => r[0] * i + r[1] * j + r[2] * k + r[3]) as unknown as Mm;
  }

  /** Whether the cell that holds a point is drawn. */
  at(point: Mm): boolean {
    const [i, j, k] = this.indexOf(point).map(Math.round) as Index;
    const [nx, ny, nz] = this.shape;
    return i >= 0 && j >= 0 && k >= 0 && i < nx && j < ny && k < nz && this.data[i + nx * (j + ny * k)] === 1;
  }

  /** Set cells; the answer is what changed, so that it can be taken back. */
  set(cells: Iterable<number>, value: 0 | 1): Stroke {
    const changed: number[] = [];
    for (const n of cells)
      if (this.data[n] !== value) {
        this.data[n] = value;
        changed.push(n);
      }
    this.count += value ? changed.length : -changed.length;
    return { cells: changed, value };
  }

  takeBack(stroke: Stroke): void {
    this.set(stroke.cells, stroke.value ? 0 : 1);
  }

  /** The cells whose centres lie in a ball; with `across` (a plane's normal) only those of the slice through its middle. */
  ball(middle: Mm, radius: number, across: Mm | null): number[] {
    const [nx, ny, nz] = this.shape;
    const [ci, cj, ck] = this.indexOf(middle);
    const axis = (a: number): Mm =>
      [0, 1, 2].map((row) => this.affine[row]![a]! / this.spacing[a]!) as unknown as Mm;
    const along = across ? [0, 1, 2].map((a) => Math.abs(dot(axis(a), across)) * this.spacing[a]!) : [];
    const half = along.reduce((sum, part) => sum + part, 0) / 2;
    const reach = Math.max(radius, half);
    const range = (centre: number, spacing: number, count: number): [number, number] => [
      Math.max(0, Math.ceil(centre - reach / spacing)),
      Math.min(count - 1, Math.floor(centre + reach / spacing)),
    ];
    const [i0, i1] = range(ci, this.spacing[0], nx);
    const [j0, j1] = range(cj, this.spacing[1], ny);
    const [k0, k1] = range(ck, this.spacing[2], nz);
    const found: number[] = [];
    const [rx, ry, rz] = this.affine as unknown as [number[], number[], number[]];
    const [ax, ay, az] = across ?? [0, 0, 0];
    const square = radius * radius;
    for (let k = k0; k <= k1; k++)
      for (let j = j0; j <= j1; j++) {
        const x0 = rx[1]! * j + rx[2]! * k + rx[3]! - middle[0];
        const y0 = ry[1]! * j + ry[2]! * k + ry[3]! - middle[1];
        const z0 = rz[1]! * j + rz[2]! * k + rz[3]! - middle[2];
        for (let i = i0; i <= i1; i++) {
          const x = x0 + rx[0]! * i;
          const y = y0 + ry[0]! * i;
          const z = z0 + rz[0]! * i;
          const out = x * ax + y * ay + z * az;
          if (x * x + y * y + z * z - out * out > square) continue;
          // Half a cell of slack on one side only: a cell lies in one slice, never in two.
          if (across === null || (out >= -half - 1e-6 && out < half - 1e-6)) found.push(i + nx * (j + ny * k));
        }
      }
    return found;
  }

  /** The box around what is drawn, for the server; null where nothing is. */
  told(): MaskTold | null {
    if (!this.count) return null;
    const [nx, ny, nz] = this.shape;
    const low: Index = [nx, ny, nz];
    const high: Index = [-1, -1, -1];
    for (let k = 0, n = 0; k < nz; k++)
      for (let j = 0; j < ny; j++)
        for (let i = 0; i < nx; i++, n++)
          if (this.data[n]) {
            if (i < low[0]) low[0] = i;
            if (i > high[0]) high[0] = i;
            if (j < low[1]) low[1] = j;
            if (j > high[1]) high[1] = j;
            if (k < low[2]) low[2] = k;
            high[2] = k;
          }
    const runs: number[] = [];
    let value = 0;
    let length = 0;
    for (let k = low[2]; k <= high[2]; k++)
      for (let j = low[1]; j <= high[1]; j++)
        for (let i = low[0]; i <= high[0]; i++) {
          if (this.data[i + nx * (j + ny * k)] !== value) {
            runs.push(length);
            value = 1 - value;
            length = 0;
          }
          length++;
        }
    runs.push(length);
    const origin = this.mmOf(...low);
    const affine = this.affine.map((row, r) => (r < 3 ? [row[0], row[1], row[2], origin[r]!] : [...row])) as unknown as Matrix;
    return { shape: [high[0] - low[0] + 1, high[1] - low[1] + 1, high[2] - low[2] + 1], affine, runs };
  }

  static from(told: MaskTold): Cells {
    const cells = new Cells(told.shape, told.affine);
    let at = 0;
    told.runs.forEach((length, n) => {
      if (n % 2) {
        cells.data.fill(1, at, at + length);
        cells.count += length;
      }
      at += length;
    });
    return cells;
  }

  /** The cells of this grid whose centres another drawing holds. */
  holding(inside: (point: Mm) => boolean, low: Mm, high: Mm): number[] {
    const [nx, ny, nz] = this.shape;
    const corners = [0, 1, 2, 3, 4, 5, 6, 7].map((n) =>
      this.indexOf([n & 1 ? low[0] : high[0], n & 2 ? low[1] : high[1], n & 4 ? low[2] : high[2]]),
    );
    const from = (a: number) => Math.max(0, Math.floor(Math.min(...corners.map((c) => c[a]!))));
    const to = (a: number, n: number) => Math.min(n - 1, Math.ceil(Math.max(...corners.map((c) => c[a]!))));
    const found: number[] = [];
    for (let k = from(2); k <= to(2, nz); k++)
      for (let j = from(1); j <= to(1, ny); j++)
        for (let i = from(0); i <= to(0, nx); i++) if (inside(this.mmOf(i, j, k))) found.push(i + nx * (j + ny * k));
    return found;
  }
}

/** The outer corners of a box of cells, LPS mm: lowest and highest. */
export function bounds(shape: readonly [number, number, number], affine: Matrix): [Mm, Mm] {
  const low: [number, number, number] = [Infinity, Infinity, Infinity];
  const high: [number, number, number] = [-Infinity, -Infinity, -Infinity];
  for (let n = 0; n < 8; n++) {
    const at = [0, 1, 2].map((a) => ((n >> a) & 1 ? shape[a]! - 0.5 : -0.5));
    for (let r = 0; r < 3; r++) {
      const row = affine[r]!;
      const v = row[0] * at[0]! + row[1] * at[1]! + row[2] * at[2]! + row[3];
      low[r] = Math.min(low[r]!, v);
      high[r] = Math.max(high[r]!, v);
    }
  }
  return [low, high];
}

const dot = (a: Mm, b: Mm): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
