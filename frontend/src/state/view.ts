/** How images are shown: window, display, layout, theme. Kept in the browser, never in the case. */
import { signal } from "@preact/signals";
import type { Cold } from "./desk";

export interface Window {
  name: string;
  width: number;
  level: number;
}
/** Width and level of the CT windows: the ice window is what ice in soft tissue is seen best in. */
export const WINDOWS: Window[] = [
  { name: "Ice", width: 200, level: 30 },
  { name: "Soft tissue", width: 400, level: 40 },
  { name: "Lung", width: 1500, level: -600 },
  { name: "Bone", width: 2000, level: 500 },
];
export const window_ = signal<Window>(WINDOWS[0]!);

/** "anatomical": patient right on screen left, front up. "table": gravity points down the screen. */
export const display = signal<"anatomical" | "table">("anatomical");
export const layout = signal<"first" | "four">("first");
export const theme = signal<"dark" | "light">("dark");

/** Whether the image is smooth between its cells, or each cell is seen. */
export const smooth = signal(true);

/** The last painting of a slice: which view, with which ice, when it was done and how long it took (ms). */
export interface Painted {
  view: string;
  cold: Cold | null;
  at: number;
  took: number;
}
export const painted = signal<Painted | null>(null);

declare global {
  interface Window {
    /** What proofs read of the page: whether the first picture is there, how long the last painting of each view took
     * (ms), and how long previews took. */
    iceball?: { ready?: boolean; took?: Record<string, number>; latency?: { moved: number; sent: number; arrived: number; drawn: number }[] };
  }
}
