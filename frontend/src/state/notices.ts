/** Short sentences for the person: what was done, what was refused. Read aloud by the page's live region. */
import { signal } from "@preact/signals";

export interface Notice {
  id: number;
  tone: "say" | "warn";
  text: string;
  /** What a person may do about it at once. */
  act?: { label: string; run: () => void };
}

export const notices = signal<Notice[]>([]);
let last = 0;

/** Say something. What only tells leaves by itself; a warning stays until it is put away. */
export function tell(text: string, tone: Notice["tone"] = "say", act?: Notice["act"]): void {
  const id = ++last;
  const alike = notices.value.filter((n) => n.text !== text);
  notices.value = [...alike.slice(-3), { id, tone, text, ...(act ? { act } : {}) }];
  if (tone === "say") setTimeout(() => dismiss(id), act ? 12000 : 5000);
}

export function dismiss(id: number): void {
  notices.value = notices.value.filter((n) => n.id !== id);
}
