/** How images are shown: window, display, layout, theme. Kept in the browser, never in the case. */
import { signal } from "@preact/signals";

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
