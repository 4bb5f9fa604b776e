/** Surfaces as the server sends them (4 bytes length, a JSON header, xyz in LPS mm, triangles, colours), and needles made
 * of triangles. In 3-D x and y point the other way (RAS), as NiiVue wants them. */
import type { Mm } from "../api/box";
import { add, minus, outer, times, unit } from "./vector";

export interface Surface {
  /** x, y, z of each point, RAS mm. */
  points: Float32Array;
  triangles: Uint32Array;
  /** One colour of all, or one of each point: red, green, blue, alpha. */
  colours: Uint8Array;
}

/** Read a mesh. Without colours of its own it takes the one given. Throws where it is not whole. */
export function readMesh(bytes: ArrayBuffer, colour: string): Surface {
  const length = new DataView(bytes).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 4, length))) as {
    vertices: number;
    faces: number;
    colours: boolean;
  };
  const start = 4 + length;
  const size = 12 * (head.vertices + head.faces) + (head.colours ? 4 * head.vertices : 0);
  if (bytes.byteLength !== start + size)
    throw new Error(`The server sent ${bytes.byteLength} bytes for a surface of ${head.vertices} points.`);
  const points = new Float32Array(bytes.slice(start, start + 12 * head.vertices));
  for (let n = 0; n < points.length; n += 3) {
    points[n]! *= -1;
    points[n + 1]! *= -1;
  }
  const triangles = new Uint32Array(bytes.slice(start + 12 * head.vertices, start + 12 * (head.vertices + head.faces)));
  const colours = head.colours ? new Uint8Array(bytes.slice(start + 12 * (head.vertices + head.faces))) : rgba(colour);
  return { points, triangles, colours };
}

/** Red, green, blue and full opacity of "#rrggbb" or "#rgb". */
export function rgba(colour: string): Uint8Array {
  const digits = colour.slice(1);
  const long = digits.length === 3 ? [...digits].map((d) => d + d).join("") : digits;
  const part = (at: number) => Number.parseInt(long.slice(at, at + 2), 16);
  return Uint8Array.of(part(0), part(2), part(4), 255);
}

const SIDES = 12;

/** A rod with flat ends between two points (LPS mm). */
export function rod(from: Mm, to: Mm, radius: number, colour: string): Surface {
  const along = unit(minus(to, from));
  const across = unit(outer(along, Math.abs(along[2]) < 0.9 ? [0, 0, 1] : [1, 0, 0]));
  const up = outer(along, across);
  const points: number[] = [];
  const push = (at: Mm) => points.push(-at[0], -at[1], at[2]);
  for (const end of [from, to])
    for (let n = 0; n < SIDES; n++) {
      const turn = (2 * Math.PI * n) / SIDES;
      push(add(end, add(times(across, radius * Math.cos(turn)), times(up, radius * Math.sin(turn)))));
    }
  push(from);
  push(to);
  const triangles: number[] = [];
  for (let n = 0; n < SIDES; n++) {
    const m = (n + 1) % SIDES;
    triangles.push(n, m, SIDES + m, n, SIDES + m, SIDES + n);
    triangles.push(2 * SIDES, m, n, 2 * SIDES + 1, SIDES + n, SIDES + m);
  }
  return { points: Float32Array.from(points), triangles: Uint32Array.from(triangles), colours: rgba(colour) };
}

/** Several surfaces of one colour as one. */
export function joined(parts: Surface[]): Surface {
  const points = new Float32Array(parts.reduce((sum, p) => sum + p.points.length, 0));
  const triangles = new Uint32Array(parts.reduce((sum, p) => sum + p.triangles.length, 0));
  let [p, t] = [0, 0];
  for (const part of parts) {
    points.set(part.points, p);
    triangles.set(
      part.triangles.map((n) => n + p / 3),
      t,
    );
    p += part.points.length;
    t += part.triangles.length;
  }
  return { points, triangles, colours: parts[0]!.colours };
}

/** Where a direction of the patient (LPS) points on the screen of the 3-D view: right, up, and towards the viewer. */
export function onScreen(direction: Mm, azimuth: number, elevation: number): Mm {
  const [x, y, z] = [-direction[0], -direction[1], direction[2]];
  const [a, e] = [((azimuth - 180) * Math.PI) / 180, ((270 - elevation) * Math.PI) / 180];
  const [u, v] = [x * Math.cos(a) - y * Math.sin(a), x * Math.sin(a) + y * Math.cos(a)];
  return [-u, v * Math.cos(e) - z * Math.sin(e), -(v * Math.sin(e) + z * Math.cos(e))];
}
