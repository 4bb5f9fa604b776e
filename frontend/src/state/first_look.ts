/** A plan that was never simulated is shown by a preview at once, so that no case opens without ice. */
import { effect } from "@preact/signals";
import { asPlaced, cold, dragged, openCase, results, saved } from "./desk";
import { liveSender } from "./plan";

export function startFirstLook(): void {
  effect(() => {
    const plan = saved.value?.plan;
    const wanted = openCase.value?.has_target && plan?.probes.length && results.value?.run.status === "none";
    if (!wanted || asPlaced.value || dragged.value || cold.value) return;
    // The link to a case that was just opened is made by the same change: ask behind it.
    queueMicrotask(() => {
      if (saved.peek()?.plan === plan && !cold.peek()) liveSender.current?.send(plan!);
    });
  });
}
