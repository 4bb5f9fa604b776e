/** One quiet line at the foot of the panel: what the field under the hand or the mouse means. */
import { signal } from "@preact/signals";

const words = signal("");

/** Take the words of what an event happened in; a tooltip alone would be out of reach for keyboard and finger. */
export function explain(event: Event): void {
  const place = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-says]") : null;
  words.value = place?.dataset["says"] ?? "";
}

export function Explained() {
  if (!words.value) return null;
  return (
    <div class="explained-place" aria-hidden="true">
      <p class="explained">{words.value}</p>
    </div>
  );
}
