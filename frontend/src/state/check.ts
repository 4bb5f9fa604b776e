/** Findings that the server had not made when it told the plan (it looks at skin, bones and organs first: a second or two). */
import { effect } from "@preact/signals";
import { post } from "../api/client";
import type { PlanTold } from "../api/types";
import { saved } from "./desk";

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
