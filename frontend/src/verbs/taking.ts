/** A proposal shown as a preview, and taken as a new revision of the plan. */
import { effect, signal } from "@preact/signals";
import { ServerRefusal, ask } from "../api/client";
import type { PlanDocument, PlanTold } from "../api/types";
import { dragged, openCase, results, saved } from "../state/desk";
import { startJob } from "../state/jobs";
import { tell } from "../state/notices";
import { dragPlan, letGo, reloadPlan, said } from "../state/plan";

/** What lies in the views as a preview and is not saved. */
export const showing = signal<{ name: string; plan: PlanDocument } | null>(null);

/** Something else was dragged, saved or put back: nothing of ours is shown any more. */
effect(() => {
  if (showing.value && dragged.value !== showing.value.plan) showing.value = null;
});

/** Show a proposal in the views: a preview, not saved. */
export function show(name: string, plan: PlanDocument): void {
  dragPlan(plan);
  showing.value = { name, plan };
}

/** The plan as saved is shown again. */
export function putBack(): void {
  if (showing.value) letGo();
  showing.value = null;
}

/** Take a proposal: the server makes it a revision of the plan, and its full run starts at once, as when a hand lets go. `path` lies behind the case. */
export async function take(path: string, what: string): Promise<boolean> {
  const id = openCase.value?.id;
  const revision = saved.value?.revision;
  if (!id || revision === undefined) return false;
  try {
    await ask<PlanTold>(`/cases/${encodeURIComponent(id)}/${path}`, {
      method: "POST",
      headers: { "If-Match": `"${revision}"` },
    });
    putBack();
    await reloadPlan();
    if (results.value?.run.status !== "valid" && saved.value?.plan.probes.length) void startJob("simulate");
    tell(`${what}. Undo brings the plan before it back.`);
    return true;
  } catch (problem) {
    if (problem instanceof ServerRefusal && problem.status === 412) {
      await reloadPlan();
      tell("The plan was changed in another window: look at it, then take the proposal again.", "warn");
    } else {
      const { what: sentence, remedy } = said(problem);
      tell(`${what} was not done. ${sentence} ${remedy}`, "warn");
    }
    return false;
  }
}
