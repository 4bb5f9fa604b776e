/** A machine-made proposal for the drawn target, for a person to edit. */
import { useState } from "preact/hooks";
import { post } from "../api/client";
import { openCase, saved } from "../state/desk";
import { startJob } from "../state/jobs";
import { tell } from "../state/notices";
import { reloadPlan, said } from "../state/plan";

export function Propose() {
  const [busy, setBusy] = useState(false);
  const info = openCase.value;
  const propose = async () => {
    setBusy(true);
    try {
      await post(`/cases/${encodeURIComponent(info!.id)}/starter`);
      await reloadPlan();
      await startJob("simulate");
    } catch (problem) {
      const { what, remedy } = said(problem);
      tell(`${what} ${remedy}`, "warn");
    }
    setBusy(false);
  };
  const some = (saved.value?.plan.probes.length ?? 0) > 0;
  return (
    <button
      type="button"
      data-test="propose-needles"
      disabled={busy || !info?.has_target}
      title={`A first proposal by simple rules, to be edited by a person.${some ? " It replaces the needles shown (Undo brings them back)." : ""}`}
      onClick={() => void propose()}
    >
      {busy ? "Proposing…" : some ? "Propose anew" : "Propose needles"}
    </button>
  );
}
