/** Voxels on a grid, as the server sends them: a JSON header, then numbers with the first index fastest.
 *
 * Layout: 4 bytes (little-endian) length of the header, the header (UTF-8 JSON, padded with spaces so that the numbers
 * begin at a multiple of 8), the numbers. value = raw * scale + offset.
 */
export type Mm = readonly [number, number, number];
export type Matrix = readonly (readonly [number, number, number, number])[];

export interface BoxHeader {
  shape: [number, number, number];
  /** 4x4, index to LPS mm; its three axes are orthogonal. */
  affine: Matrix;
  dtype: "int16" | "uint8" | "float32";
  scale: number;
  offset: number;
  /** What the numbers are: "HU", "MR", "degC", "occupancy", "label". */
  quantity: string;
  [more: string]: unknown;
}

export interface Box {
  header: BoxHeader;
  raw: Int16Array | Uint8Array | Float32Array;
  /** LPS mm to index: rows of a 3x4 matrix. */
  toIndex: Matrix;
}

const ARRAYS = { int16: Int16Array, uint8: Uint8Array, float32: Float32Array } as const;

/** Read a box from what the server sent. Throws where it is not whole. */
export function readBox(bytes: ArrayBuffer): Box {
  const length = new DataView(bytes).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 4, length))) as BoxHeader;
  const kind = ARRAYS[header.dtype];
  const [x, y, z] = header.shape;
  if (bytes.byteLength !== 4 + length + x * y * z * kind.BYTES_PER_ELEMENT)
    throw new Error(`The server sent ${bytes.byteLength} bytes for a box of ${x} x ${y} x ${z}.`);
  return { header, raw: new kind(bytes, 4 + length, x * y * z), toIndex: inverse(header.affine) };
}

/** The inverse of an affine matrix whose axes are orthogonal. */
export function inverse(affine: Matrix): Matrix {
  return [0, 1, 2].map((axis) => {
    const column = [0, 1, 2].map((row) => affine[row]![axis]!);
    const square = column.reduce((sum, c) => sum + c * c, 0);
    const [a, b, c] = column.map((v) => v / square) as [number, number, number];
    return [a, b, c, -(a * affine[0]![3] + b * affine[1]![3] + c * affine[2]![3])] as const;
  });
}

/** The value of a box at a point, linear between cells; NaN outside. */
export function valueAt(box: Box, [x, y, z]: Mm): number {
  const [i, j, k] = box.toIndex.map((r) => r[0] * x + r[1] * y + r[2] * z + r[3]) as [number, number, number];
  const [nx, ny, nz] = box.header.shape;
  if (!(i >= -0.5 && j >= -0.5 && k >= -0.5 && i <= nx - 0.5 && j <= ny - 0.5 && k <= nz - 0.5)) return NaN;
  const [i0, fi] = lower(i, nx);
  const [j0, fj] = lower(j, ny);
  const [k0, fk] = lower(k, nz);
  const di = nx > 1 ? 1 : 0;
  const dj = ny > 1 ? nx : 0;
  const dk = nz > 1 ? nx * ny : 0;
  const at = i0 + nx * (j0 + ny * k0);
  const raw = box.raw;
  const row = (n: number) => raw[n]! * (1 - fi) + raw[n + di]! * fi;
  const layer = (n: number) => row(n) * (1 - fj) + row(n + dj) * fj;
  return (layer(at) * (1 - fk) + layer(at + dk) * fk) * box.header.scale + box.header.offset;
}

function lower(index: number, count: number): [number, number] {
  const inside = Math.min(Math.max(index, 0), count - 1);
  const below = Math.max(0, Math.min(Math.floor(inside), count - 2));
  return [below, inside - below];
}
