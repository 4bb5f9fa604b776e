/** What the server draws and keeps: regions, bodies between outlines, structures, the starter plan. */
import { batch, effect, signal, untracked } from "@preact/signals";
import { ask, post, remove } from "../api/client";
import { openCase, saved } from "../state/desk";
import { startJob } from "../state/jobs";
import { chooseTab } from "../shell/tabs";
import { layout } from "../state/view";
import { eyes } from "../view/eye";
import { tell } from "../state/notices";
import { loadObserved } from "../state/observed";
import { other, placed } from "../state/placed";
import { reloadCase, reloadPlan, reloadResults, said, saving } from "../state/plan";
import { Cells, type MaskTold } from "./mask";
import {
  TARGET,
  busy,
  cells,
  change,
  editing,
  ellipsoid,
  grownWords,
  iceBy,
  iceMin,
  mostMl,
  name,
  outlines,
  points,
  problem,
  radiusMm,
  seed,
  stopDrawing,
  tolerance,
  tool,
  usesCells,
} from "./state";

/** How a structure was written down, so that it can be drawn over. */
export interface DrawnRecord {
  name: string;
  sphere: number[] | null;
  ellipsoid: number[] | null;
  points: [number, number, number][];
  polyline: [number, number, number][];
  radius_mm: number;
  mask: string;
}
/** Where the structures stand among the steps of drawing, and the names that mean something. */
export interface Steps {
  can_undo: boolean;
  can_redo: boolean;
  what: string;
  redo: string;
  names: string[];
  drawn: DrawnRecord[];
}
export const steps = signal<Steps | null>(null);

const of = (id: string) => `/cases/${encodeURIComponent(id)}`;
const place = (id: string, structure: string) => `${of(id)}/structures/${encodeURIComponent(structure)}`;

export async function loadSteps(): Promise<void> {
  const id = openCase.value?.id;
  if (!id) return;
  const found = await ask<Steps>(`${of(id)}/structures`).catch(() => null);
  if (openCase.value?.id === id && found) steps.value = found;
}

/** Do it, and say why where it cannot be done. */
async function trying(words: string, work: (id: string) => Promise<void>): Promise<boolean> {
  const id = openCase.value?.id;
  if (!id || busy.value) return false;
  busy.value = words;
  problem.value = null;
  try {
    await work(id);
    return true;
  } catch (refused) {
    problem.value = said(refused);
    return false;
  } finally {
    busy.value = "";
  }
}

let asked = 0;

/** Grow a region from the seed; a newer question makes an older answer void. */
export async function askGrow(fresh: boolean): Promise<void> {
  const id = openCase.value?.id;
  const from = seed.value;
  if (!id || !from) return;
  const mine = ++asked;
  busy.value = "Growing…";
  try {
    const grown = await post<{ mask: MaskTold; low: number; high: number; volume_ml: number }>(`${of(id)}/draw/grow`, {
      seed_mm: from,
      // A fresh click grows as far as it stays a lump; the slider then says otherwise.
      tolerance: fresh ? null : tolerance.value,
      most_ml: mostMl.value,
      on_control: other.value?.laid === true,
    });
    if (mine !== asked || openCase.value?.id !== id) return;
    batch(() => {
      problem.value = null;
      if (fresh) tolerance.value = Math.round((grown.high - grown.low) / 2);
      grownWords.value = `${grown.low.toFixed(0)} to ${grown.high.toFixed(0)}`;
      change("grown region", cells, Cells.from(grown.mask));
    });
  } catch (refused) {
    if (mine === asked) problem.value = said(refused);
  } finally {
    if (mine === asked) busy.value = "";
  }
}

/** Make the body between the outlines; it follows them, also when one is taken back. */
async function askBetween(): Promise<void> {
  const id = openCase.value?.id;
  const drawn = outlines.value;
  if (!id) return;
  const mine = ++asked;
  if (!drawn.length) {
    cells.value = null;
    return;
  }
  busy.value = "Joining…";
  try {
    const body = await post<{ mask: MaskTold }>(`${of(id)}/draw/between`, {
      plane: drawn[0]!.plane,
      contours: drawn.map((o) => o.points),
    });
    if (mine !== asked || openCase.value?.id !== id) return;
    problem.value = null;
    cells.value = Cells.from(body.mask);
  } catch (refused) {
    if (mine === asked) problem.value = said(refused);
  } finally {
    if (mine === asked) busy.value = "";
  }
}

effect(() => {
  void outlines.value;
  if (tool.peek() === "contours") untracked(() => void askBetween());
});

/** What is drawn, as the server takes it. */
function shape(): Record<string, unknown> | null {
  const e = ellipsoid.value;
  if (tool.value === "ellipsoid" && e)
    return { ellipsoid: [...e.centre, ...e.diameters], how: `ellipsoid, ${e.given.filter(Boolean).length} of 3 diameters given` };
  if (usesCells(tool.value)) {
    const mask = cells.value?.told();
    const how = {
      grow: `region grown at ${grownWords.value}`,
      brush: "brush",
      contours: `outlines on ${outlines.value.length} ${outlines.value[0]?.plane ?? ""} slices`,
    }[tool.value as "grow" | "brush" | "contours"];
    return mask ? { mask, how } : null;
  }
  if (tool.value === "point" && points.value.length) return { points: points.value, radius_mm: radiusMm.value, how: "points" };
  if (tool.value === "line" && points.value.length > 1) return { polyline: points.value, radius_mm: radiusMm.value, how: "line" };
  return null;
}

/** Save what is drawn; with `needles` also propose needles for it and simulate at once. */
export async function save(needles: boolean): Promise<void> {
  const drawn = shape();
  const as = name.value.replace(/_+$/, "");
  if (!drawn) return;
  const over = editing.value;
  const done = await trying("Saving…", async (id) => {
    await ask(place(id, as), {
      method: "PUT",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ ...drawn, instead_of: over }),
    });
    await changed();
  });
  if (!done) return;
  stopDrawing();
  tell(as === TARGET ? "The target is saved." : `${words(as)} is saved.`);
  if (needles) await proposeNeedles();
}

/** Keep what is drawn as ice that somebody saw, and hold it against the prediction for that minute. */
export async function saveIce(): Promise<void> {
  const drawn = shape();
  if (!drawn) return;
  const on = other.value ? `control CT ${placed.value?.told?.control ?? ""}`.trim() : "planning image";
  let kept = "";
  const done = await trying("Saving…", async (id) => {
    kept = (await post<{ name: string }>(`${of(id)}/observed`, { ...drawn, at_min: iceMin.value, by: iceBy.value, on })).name;
  });
  if (!done) return;
  stopDrawing();
  tell(`The ice observed at ${iceMin.value} min is kept. It changes no plan and no result.`);
  await loadObserved();
  await startJob("observed", { name: kept });
}

/** Ask for the starter plan of the drawn target and simulate it. */
export async function proposeNeedles(): Promise<void> {
  await trying("Placing needles…", async (id) => {
    saving.value += 1;
    try {
      await post(`${of(id)}/starter`);
      await reloadPlan();
    } finally {
      saving.value -= 1;
    }
  });
  const plan = saved.value?.plan;
  if (plan?.probes.length) {
    chooseTab("plan");
    layout.value = "first";
    for (const eye of Object.values(eyes)) eye.centre.value = null; // each view looks at the target and its needle
    await startJob("simulate");
  } else if (plan && !problem.value) tell(String(plan["reason"] ?? "No needle was placed."), "warn");
}

export const removeStructure = (which: string): Promise<boolean> =>
  trying("Removing…", async (id) => {
    await remove(place(id, which));
    await changed();
    tell(`${words(which)} was removed.`, "say", { label: "Undo", run: () => void stepBack() });
  });

export const takeAsTarget = (which: string): Promise<boolean> =>
  trying("Saving…", async (id) => {
    await post(`${place(id, which)}/as-target`);
    await changed();
  });

export const stepBack = (): Promise<boolean> => step("undo");
export const stepOn = (): Promise<boolean> => step("redo");

const step = (which: "undo" | "redo"): Promise<boolean> =>
  trying("…", async (id) => {
    await post(`${of(id)}/structures/${which}`);
    await changed();
  });

async function changed(): Promise<void> {
  await Promise.all([reloadCase(), loadSteps(), reloadResults()]);
}

export const words = (structure: string): string => (structure === TARGET ? "Target" : structure.replaceAll("_", " "));
