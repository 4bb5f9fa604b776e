/** Keys that work anywhere on the page but where something is typed. The list of them is what `?` shows. */
import type { Mm } from "../api/box";
import { type TabName, chosenNeedle, dragged, plan, tab } from "../state/desk";
import { startJob } from "../state/jobs";
import { other } from "../state/placed";
import { letGo, nudgePlan, redo, undo } from "../state/plan";
import { WINDOWS, display, layout, theme, window_ } from "../state/view";
import { copyNeedle, deleteNeedle } from "../plan/needle_editor";
import { moved, slid } from "../plan/needles";
import { addNeedle, chooseBeside } from "../plan/needles_part";
import { helpOpen } from "./help_state";
import { TAB_NAMES, chooseTab } from "./tabs";

export interface Shortcut {
  keys: string;
  says: string;
  /** Whether this stroke is meant; then `run` is called. */
  is: (event: KeyboardEvent) => boolean;
  run: (event: KeyboardEvent) => void;
}

const plain = (e: KeyboardEvent) => !e.ctrlKey && !e.metaKey && !e.altKey;
const letter = (key: string) => (e: KeyboardEvent) => plain(e) && e.key.toLowerCase() === key;
const ctrl = (e: KeyboardEvent) => (e.ctrlKey || e.metaKey) && !e.altKey;

/** Directions in the patient, LPS mm. */
const WAYS: Record<string, Mm> = {
  ArrowLeft: [-1, 0, 0],
  ArrowRight: [1, 0, 0],
  ArrowUp: [0, -1, 0],
  ArrowDown: [0, 1, 0],
  PageUp: [0, 0, 1],
  PageDown: [0, 0, -1],
};

function chosenName(): [number, string] | null {
  // On a control CT the plan stays as it is.
  if (other.value) return null;
  const at = chosenNeedle.value;
  const needle = at === null ? undefined : plan.value?.probes[at];
  return needle ? [at!, needle.name || `needle ${at! + 1}`] : null;
}

function move(event: KeyboardEvent): void {
  const found = chosenName();
  const way = WAYS[event.key]!;
  if (!found) return;
  const by = event.shiftKey ? 5 : 1;
  const step: Mm = [way[0] * by, way[1] * by, way[2] * by];
  nudgePlan((p) => moved(p, found[0], step, event.altKey ? "needle" : "tip"), `Move ${event.altKey ? "" : "the tip of "}${found[1]}`);
}

function slide(event: KeyboardEvent): void {
  const found = chosenName();
  if (found) nudgePlan((p) => slid(p, found[0], event.key === "]" ? 1 : -1), `Slide ${found[1]}`);
}

const isWay = (e: KeyboardEvent) => e.key in WAYS && !e.ctrlKey && !e.metaKey;

export const SHORTCUTS: Shortcut[] = [
  { keys: "N, Shift+N", says: "Choose the next needle, the one before", is: letter("n"), run: (e) => chooseBeside(e.shiftKey ? -1 : 1) },
  { keys: "← → ↑ ↓", says: "Move the tip 1 mm to the patient's right, left, front, back (Shift: 5 mm; Alt: the whole needle)", is: (e) => isWay(e) && e.key.startsWith("Arrow"), run: move },
  { keys: "Page Up, Page Down", says: "Move the tip towards head, foot", is: (e) => isWay(e) && e.key.startsWith("Page"), run: move },
  { keys: "[ ]", says: "Draw the needle back, push it on, along its shaft", is: (e) => plain(e) && (e.key === "[" || e.key === "]"), run: slide },
  { keys: "Escape", says: "Let go of what is being moved", is: (e) => e.key === "Escape" && dragged.value !== null, run: letGo },
  { keys: "A", says: "Add a needle", is: letter("a"), run: () => void addNeedle() },
  { keys: "C", says: "Copy the chosen needle", is: letter("c"), run: () => chosenName() && void copyNeedle(chosenName()![0]) },
  { keys: "Delete", says: "Delete the chosen needle", is: (e) => plain(e) && e.key === "Delete", run: () => chosenName() && void deleteNeedle(chosenName()![0]) },
  { keys: "S", says: "Simulate the plan in full", is: letter("s"), run: () => void startJob("simulate") },
  { keys: "Ctrl+Z", says: "Undo", is: (e) => ctrl(e) && !e.shiftKey && e.key.toLowerCase() === "z", run: () => void undo() },
  { keys: "Ctrl+Shift+Z, Ctrl+Y", says: "Redo", is: (e) => ctrl(e) && ((e.shiftKey && e.key.toLowerCase() === "z") || e.key.toLowerCase() === "y"), run: () => void redo() },
  { keys: "1 to 9", says: "Open a tab: Plan, Structures, Results …", is: (e) => plain(e) && !e.shiftKey && /^[1-9]$/.test(e.key), run: (e) => openTab(TAB_NAMES[Number(e.key) - 1]!) },
  { keys: "P", says: "Needles AS PLACED on a control CT", is: letter("p"), run: () => openTab("placed") },
  { keys: "0", says: "Put the tab's panel away, or back", is: (e) => plain(e) && e.key === "0", run: () => chooseTab(tab.value, true) },
  { keys: "F", says: "Four views, or the first screen", is: letter("f"), run: () => (layout.value = layout.value === "four" ? "first" : "four") },
  { keys: "W", says: "Next window: ice, soft tissue, lung, bone", is: letter("w"), run: () => (window_.value = nextWindow()) },
  { keys: "D", says: "Anatomical display, or as on the table", is: letter("d"), run: () => (display.value = display.value === "table" ? "anatomical" : "table") },
  { keys: "T", says: "Dark or light theme", is: letter("t"), run: () => (theme.value = theme.value === "dark" ? "light" : "dark") },
  { keys: "F6", says: "To the next region: views, panel, tabs, header", is: (e) => e.key === "F6", run: (e) => nextRegion(e.shiftKey ? -1 : 1) },
  { keys: "?", says: "This list, and the tour", is: (e) => !ctrl(e) && e.key === "?", run: () => (helpOpen.value = true) },
];

function nextWindow() {
  const at = WINDOWS.findIndex((w) => w.name === window_.value.name);
  return WINDOWS[(at + 1) % WINDOWS.length]!;
}

function openTab(name: TabName): void {
  chooseTab(name);
  requestAnimationFrame(() => document.getElementById("panel")?.focus());
}

function nextRegion(by: 1 | -1): void {
  const regions = ["views", "panel", `tab-${tab.value}`, "head"].map((id) => document.getElementById(id)).filter((r) => r !== null);
  const now = regions.findIndex((r) => r.contains(document.activeElement));
  regions[(now + by + regions.length) % regions.length]?.focus();
}

const TYPING = "input, select, textarea, dialog, [contenteditable], [role=listbox], [role=slider], [role=menu], iframe";

/** Call the shortcut that a stroke means; true where there was one. */
export function stroke(event: KeyboardEvent): boolean {
  if (event.defaultPrevented || event.isComposing) return false;
  const target = event.target instanceof Element ? event.target : null;
  if (event.key !== "F6" && target?.closest(TYPING)) return false;
  if (target?.closest("[role=tablist]") && /^(Arrow|Home|End|Page)/.test(event.key)) return false;
  // In a long panel the page keys scroll, as everywhere.
  if (target?.closest(".panel") && event.key.startsWith("Page") && !target.closest(".needles")) return false;
  const found = SHORTCUTS.find((s) => s.is(event));
  if (!found) return false;
  event.preventDefault();
  found.run(event);
  return true;
}
