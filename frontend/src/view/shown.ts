/** Which structures are drawn, and their boxes and the image as they come from the server. */
import { effect, signal } from "@preact/signals";
import type { Box } from "../api/box";
import { fetchBox } from "../api/client";
import type { CaseInfo, StructureRow } from "../api/types";
import { tell } from "../state/notices";
import { image, masks, openCase, results, shown } from "../state/desk";

/** Names of structures that the assessment speaks of: those at risk near the ice. */
function spokenOf(): Set<string> {
  const names = new Set<string>();
  const strip = results.value?.strip;
  if (strip?.nearest) names.add(strip.nearest.name);
  const told = results.value?.assessment.verdict?.["structures"];
  const rows = Array.isArray(told) ? told : told && typeof told === "object" ? Object.keys(told) : [];
  for (const row of rows) {
    const name = typeof row === "string" ? row : (row as { name?: unknown } | null)?.name;
    if (typeof name === "string") names.add(name);
  }
  return names;
}

/** Whether a structure is drawn: as its eye says; untouched, the target, what a person drew and what is at risk are. */
export function isShown(row: StructureRow): boolean {
  return shown.value[row.name]?.visible ?? (row.target || row.kind !== "label" || spokenOf().has(row.name));
}

/** What the image's state is for the views: it comes, it is there, or why not. */
export const imageState = signal<{ state: "none" | "loading" | "here" | "failed"; words: string }>({
  state: "none",
  words: "",
});

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
    const key = info ? `${info.id} ${info.image_key}` : "";
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
    fetchBox(`${of(info)}/image.box?key=${encodeURIComponent(info.image_key)}`, loading.signal).then(
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
