/** Which structures are drawn, and their boxes and the image as they come from the server. */
import { computed, effect, signal } from "@preact/signals";
import type { Box } from "../api/box";
import { fetchBox } from "../api/client";
import type { CaseInfo, StructureRow } from "../api/types";
import { server } from "../state/link";
import { tell } from "../state/notices";
import { cold, dragged, image, masks, openCase, results, shown } from "../state/desk";

/** What the assessment says of one structure. */
interface AtRisk {
  name: string;
  distance_to_0c_mm: number | null;
  limits: string;
  goals: string[];
  status: string;
}

/** Structures farther from the ice than this are left to their eye. */
const NEAR_MM = 30;

const atRisk = computed<Map<string, AtRisk>>(() => {
  const rows = results.value?.assessment.verdict?.["structures"];
  return new Map((Array.isArray(rows) ? (rows as AtRisk[]) : []).map((row) => [row.name, row]));
});

/** Whether the assessment speaks of a structure near the ice: it has a limit or a goal, or is the nearest. */
function spokenOf(name: string): boolean {
  const row = atRisk.value.get(name);
  const minds = row !== undefined && (row.limits !== "" || row.goals.length > 0);
  return results.value?.strip?.nearest?.name === name || (minds && (row.distance_to_0c_mm ?? 0) <= NEAR_MM);
}

/** How a structure stands to its limits and goals, as the report's figures say it. */
const STATUS: Record<string, { words: string; token: string }> = {
  green: { words: "met at P10", token: "status-green" },
  amber: { words: "met nominally", token: "status-amber" },
  red: { words: "NOT MET", token: "status-red" },
};

/** Its status and colour while the assessment belongs to the ice that is shown; null otherwise, and without limits. */
export function standing(row: StructureRow): { words: string; token: string } | null {
  const told = results.value?.assessment;
  if (row.target || told?.status !== "valid" || dragged.value || cold.value?.source === "preview") return null;
  return STATUS[atRisk.value.get(row.name)?.status ?? ""] ?? null;
}

/** Whether a structure is drawn: as its eye says; untouched, the target, what a
 * person drew, and what has a limit near the ice. */
export function isShown(row: StructureRow): boolean {
  return shown.value[row.name]?.visible ?? (row.target || row.kind !== "label" || spokenOf(row.name));
}

/** What the image's state is for the views: it comes, it is there, or why not. */
export const imageState = signal<{ state: "none" | "loading" | "here" | "failed"; words: string }>({
  state: "none",
  words: "",
});

const tries = signal(0);

/** Ask for the image again after it did not come. */
export function retryImage(): void {
  tries.value = tries.peek() + 1;
}

const of = (info: CaseInfo) => `/cases/${encodeURIComponent(info.id)}`;
const asked = new Set<string>();

let started = false;

/** Load the open case's image, and the box of each structure when it is first shown, from now on. */
export function startLoading(): void {
  if (started) return;
  started = true;
  let imageKey = "";
  let loading: AbortController | null = null;
  effect(() => {
    const info = openCase.value;
    const key = info ? `${info.id} ${info.image_key} ${tries.value}` : "";
    if (key === imageKey) return;
    imageKey = key;
    loading?.abort();
    image.value = null;
    masks.value = {};
    asked.clear();
    if (!info) {
      imageState.value = { state: "none", words: "" };
      return;
    }
    loading = new AbortController();
    imageState.value = { state: "loading", words: "Loading the image…" };
    const came = (part: number) => {
      const words = `Loading the image: ${Math.floor(part * 20) * 5} %`;
      if (imageKey === key && words !== imageState.peek().words) imageState.value = { state: "loading", words };
    };
    fetchBox(`${of(info)}/image.box?key=${encodeURIComponent(info.image_key)}`, loading.signal, came).then(
      (box) => {
        if (imageKey !== key) return;
        image.value = box;
        imageState.value = { state: "here", words: "" };
      },
      (problem: Error) => {
        if (imageKey === key && problem.name !== "AbortError")
          imageState.value = { state: "failed", words: problem.message };
      },
    );
  });
  effect(() => {
    // What did not come while the server was away comes when it is back.
    if (server.value === "here" && imageState.peek().state === "failed") retryImage();
  });
  effect(() => {
    const info = openCase.value;
    if (!info || !image.value) return;
    for (const row of info.structures)
      if (isShown(row) && !masks.peek()[row.key] && !asked.has(row.key)) void loadMask(info, row);
  });
}

async function loadMask(info: CaseInfo, row: StructureRow): Promise<void> {
  asked.add(row.key);
  try {
    const path = `${of(info)}/structures/${encodeURIComponent(row.name)}.box?key=${encodeURIComponent(row.key)}`;
    const box: Box = await fetchBox(path);
    if (openCase.peek()?.id === info.id) masks.value = { ...masks.peek(), [row.key]: box };
  } catch (problem) {
    asked.delete(row.key);
    tell(`The outline of ${row.name} was not loaded. ${(problem as Error).message}`, "warn");
  }
}
