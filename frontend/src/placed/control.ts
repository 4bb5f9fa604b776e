/** A control CT on its way: sent, read by the server, and shown in its own place. */
import { signal } from "@preact/signals";
import { ask, fetchBox, remove } from "../api/client";
import type { Refusal } from "../api/types";
import type { Found, SeriesRow } from "../cases/upload";
import { openCase } from "../state/desk";
import { lookAt, ownBox, takeControl } from "../state/placed";
import { said } from "../state/plan";
import { forgetPoints, series, upload } from "./points";

export const sending = signal<"" | "Sending and reading the files…" | "Loading the control CT…">("");
export const failed = signal<Refusal | null>(null);
export const choices = signal<SeriesRow[]>([]);

let turn = 0;

/** Send files, and show the image that is in them; of several a person chooses. */
export async function sendControl(files: { path: string; file: File }[]): Promise<void> {
  if (!files.length) return;
  const mine = ++turn;
  const body = new FormData();
  for (const { path, file } of files) body.append("files", file, path);
  failed.value = null;
  choices.value = [];
  sending.value = "Sending and reading the files…";
  try {
    const found = await ask<Found>("/uploads", { method: "POST", body });
    if (mine !== turn) return;
    if (!found.series.length) throw new Error("No image was found in these files.");
    if (upload.value) void remove(`/uploads/${upload.value}`).catch(() => undefined);
    upload.value = found.upload;
    choices.value = found.series;
    series.value = "";
    sending.value = "";
    if (found.series.length === 1) await chooseSeries(found.series[0]!.key);
  } catch (problem) {
    if (mine === turn) failed.value = said(problem);
  } finally {
    if (mine === turn) sending.value = "";
  }
}

/** Show one image of the upload in its own place. */
export async function chooseSeries(key: string): Promise<void> {
  const mine = ++turn;
  const row = choices.value.find((s) => s.key === key);
  const id = openCase.value?.id;
  if (!id || !row) return;
  failed.value = null;
  sending.value = "Loading the control CT…";
  try {
    const box = await fetchBox(`/cases/${encodeURIComponent(id)}/control/${upload.value}.box?series=${encodeURIComponent(key)}`);
    if (mine !== turn) return;
    series.value = key;
    forgetPoints();
    takeControl(box, row.description || row.file || row.key);
  } catch (problem) {
    if (mine === turn) failed.value = said(problem);
  } finally {
    if (mine === turn) sending.value = "";
  }
}

/** Put the control CT away, and its points. */
export function putAway(): void {
  turn++;
  if (upload.value) void remove(`/uploads/${upload.value}`).catch(() => undefined);
  lookAt("planning");
  upload.value = "";
  series.value = "";
  choices.value = [];
  failed.value = null;
  ownBox.value = null;
  forgetPoints();
}
