/** What the browser keeps for one person: theme, and which case stands in the address. Never anything of a patient. */
import { effect } from "@preact/signals";
import { openCase } from "../state/desk";
import { opening, saving, unsaved } from "../state/plan";
import { theme } from "../state/view";
import { caseOfAddress, showInAddress } from "./address";

/** Read a kept word; null where nothing is kept or the browser keeps nothing. */
export function kept(name: string): string | null {
  try {
    return localStorage.getItem(`iceball.${name}`);
  } catch {
    return null;
  }
}

export function keep(name: string, value: string): void {
  try {
    localStorage.setItem(`iceball.${name}`, value);
  } catch {
    // A browser that keeps nothing asks again next time.
  }
}

/** Begin to keep; called once, before the page is drawn. */
export function startKeeping(): void {
  const before = kept("theme");
  if (before === "light" || before === "dark") theme.value = before;
  effect(() => {
    document.documentElement.dataset["theme"] = theme.value;
    keep("theme", theme.value);
  });
  addEventListener("beforeunload", (event) => {
    if (unsaved.value || saving.value) event.preventDefault();
  });
  let wanted = caseOfAddress();
  effect(() => {
    const id = openCase.value?.id ?? opening.value?.id ?? wanted;
    wanted = null;
    showInAddress(id);
  });
}
