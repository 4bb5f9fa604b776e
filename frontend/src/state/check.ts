/** Findings that the server had not made when it told the plan (it looks at skin, bones and organs first: a second or two). */
import { effect } from "@preact/signals";
import { post } from "../api/client";
import type { PlanTold } from "../api/types";
import { openCase, saved } from "./desk";
import { reloadCase } from "./plan";

const AGAIN_MS = 3000;

export function keepChecked(): () => void {
  return effect(() => {
    const told = saved.value;
    if (!told?.checking) return;
    post<Pick<PlanTold, "needles" | "findings">>(`/cases/${encodeURIComponent(told.case)}/plan/check`, { plan: told.plan })
      .then((found) => {
        if (saved.value === told) saved.value = { ...told, ...found, checking: false };
      })
      .catch(() => undefined); // the server is gone: the page says so, and reads the plan again when it is back
  });
}

/** Ask again for a patient who is still being read: the event that tells it may come before the page hears. */
export function keepAsking(): () => void {
  return effect(() => {
    if (openCase.value?.whole !== false) return;
    const timer = setInterval(() => void reloadCase(), AGAIN_MS);
    return () => clearInterval(timer);
  });
}
