/** Which of the page's overlays are open. */
import { signal } from "@preact/signals";

export const helpOpen = signal(false);
/** Which step of the tour is shown; null when it is not running. */
export const tourStep = signal<number | null>(null);
