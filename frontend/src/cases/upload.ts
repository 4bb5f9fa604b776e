/** Files on their way to the server: from a drop, a folder or a choice; with progress, and a way to stop. */
import { signal } from "@preact/signals";
import { ServerRefusal, remove } from "../api/client";
import type { Refusal } from "../api/types";

export interface SeriesRow {
  key: string;
  file: string;
  modality: string;
  description: string;
  attribute: string;
  images: number;
  size: [number, number, number];
  spacing_mm: [number, number, number];
  date: string;
}
export interface DrawnFile {
  file: string;
  kind: "rtstruct" | "seg" | "labels" | "points" | "names";
  names: string[];
}
export interface Found {
  upload: string;
  series: SeriesRow[];
  structures: DrawnFile[];
  notes: string[];
  organs: string[];
  tissues: string[];
}

export type Sending =
  | { state: "none" }
  | { state: "gathering" }
  | { state: "sending"; files: number; fraction: number }
  | { state: "reading"; files: number }
  | { state: "found"; found: Found }
  | { state: "failed"; why: Refusal };

/** What the server takes at once (iceball.io.archive.LIMITS). */
const [MOST_BYTES, MOST_FILES] = [4_000_000_000, 20_000];

export const sending = signal<Sending>({ state: "none" });
let request: XMLHttpRequest | null = null;

interface Named {
  path: string;
  file: File;
}

/** What was dropped, folders opened; paths begin with the folder's name. */
export async function ofDrop(data: DataTransfer): Promise<Named[]> {
  const roots = [...data.items].map((item) => item.webkitGetAsEntry?.() ?? null);
  const plain = [...data.files];
  if (roots.every((root) => root === null)) return plain.map((file) => ({ path: file.name, file }));
  const found: Named[] = [];
  const walk = async (entry: FileSystemEntry, path: string): Promise<void> => {
    if (entry.name.startsWith(".")) return;
    if (entry.isFile) {
      const file = await new Promise<File>((give, fail) => (entry as FileSystemFileEntry).file(give, fail));
      found.push({ path: path + entry.name, file });
      return;
    }
    const reader = (entry as FileSystemDirectoryEntry).createReader();
    // A reader gives a hundred entries at a time, and an empty list at the end.
    for (;;) {
      const some = await new Promise<FileSystemEntry[]>((give, fail) => reader.readEntries(give, fail));
      if (!some.length) return;
      for (const one of some) await walk(one, `${path}${entry.name}/`);
    }
  };
  for (const root of roots) if (root) await walk(root, "");
  return found;
}

export const ofInput = (input: HTMLInputElement): Named[] =>
  [...(input.files ?? [])]
    .filter((file) => !file.name.startsWith("."))
    .map((file) => ({ path: file.webkitRelativePath || file.name, file }));

/** Send files; what is found in them comes back in `sending`. */
export function send(files: Named[]): void {
  if (!files.length) {
    sending.value = failed("There is no file in it.", "Choose a folder with DICOM images, a zip, or a NIfTI or NRRD file.");
    return;
  }
  const bytes = files.reduce((sum, { file }) => sum + file.size, 0);
  if (bytes > MOST_BYTES || files.length > MOST_FILES) {
    const size = `${files.length} files, ${(bytes / 1e6).toFixed(0)} MB`;
    sending.value = failed(`It is too large: ${size}.`, "Send one study, or one series of it: at most 4000 MB in 20 000 files.");
    return;
  }
  const body = new FormData();
  for (const { path, file } of files) body.append("files", file, path);
  const xhr = new XMLHttpRequest();
  request = xhr;
  xhr.open("POST", "/api/uploads");
  xhr.responseType = "json";
  sending.value = { state: "sending", files: files.length, fraction: 0 };
  xhr.upload.onprogress = (event) => {
    if (request === xhr) sending.value = { state: "sending", files: files.length, fraction: event.loaded / Math.max(1, event.total) };
  };
  xhr.upload.onload = () => {
    if (request === xhr) sending.value = { state: "reading", files: files.length };
  };
  xhr.onload = () => {
    if (request !== xhr) return;
    request = null;
    const told = xhr.response as { error?: Refusal } | null;
    if (xhr.status === 201) sending.value = { state: "found", found: xhr.response as Found };
    else if (told?.error) sending.value = { state: "failed", why: told.error };
    else sending.value = failed(`The server answered ${xhr.status}.`, "Look at what `iceball serve` printed.");
  };
  xhr.onerror = () => {
    if (request !== xhr) return;
    request = null;
    sending.value = failed("The files did not arrive.", "Is `iceball serve` still running? A file may also have changed meanwhile.");
  };
  xhr.send(body);
}

/** Stop sending, or throw away what was sent. */
export function discard(): void {
  const now = sending.value;
  request?.abort();
  request = null;
  sending.value = { state: "none" };
  if (now.state === "found") void remove(`/uploads/${now.found.upload}`).catch(() => undefined);
}

const failed = (what: string, remedy: string): Sending => ({ state: "failed", why: { code: "upload", what, where: "", remedy } });

export const sentence = (problem: unknown): Refusal =>
  problem instanceof ServerRefusal ? problem.refusal : { code: "page", what: String(problem), where: "", remedy: "" };
