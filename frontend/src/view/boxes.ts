/** Boxes made up from a formula, for tests. */
import { type Box, type Matrix, readBox } from "../api/box";

export function madeBox(
  shape: [number, number, number],
  affine: Matrix,
  dtype: "int16" | "float32" | "uint8",
  scale: number,
  value: (x: number, y: number, z: number) => number,
  quantity = "degC",
): Box {
  const text = JSON.stringify({ shape, affine, dtype, scale, offset: 0, quantity });
  const head = text.padEnd(Math.ceil((text.length + 4) / 8) * 8 - 4);
  const kinds = { int16: Int16Array, float32: Float32Array, uint8: Uint8Array } as const;
  const numbers = new kinds[dtype](shape[0] * shape[1] * shape[2]);
  let n = 0;
  for (let k = 0; k < shape[2]; k++)
    for (let j = 0; j < shape[1]; j++)
      for (let i = 0; i < shape[0]; i++) {
        const at = affine.slice(0, 3).map((r) => r[0] * i + r[1] * j + r[2] * k + r[3]) as [number, number, number];
        numbers[n++] = value(...at) / scale;
      }
  const bytes = new Uint8Array(4 + head.length + numbers.byteLength);
  new DataView(bytes.buffer).setUint32(0, head.length, true);
  bytes.set(new TextEncoder().encode(head), 4);
  bytes.set(new Uint8Array(numbers.buffer), 4 + head.length);
  return readBox(bytes.buffer);
}
