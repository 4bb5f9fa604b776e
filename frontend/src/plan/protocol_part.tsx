/** The plan's protocol: steps, presets of the packs, total time. */
import { openCase, plan } from "../state/desk";
import { changePlan } from "../state/plan";
import type { Step } from "../api/types";
import { Choice, Part } from "./fields";
import { inWords, minutes, sameSteps, total } from "./protocol";
import { cardOf, presets } from "./reference";
import { StepsEditor } from "./steps_editor";

export function PlanProtocol() {
  const now = plan.value!;
  const steps = now.protocol.steps;
  const save = (next: readonly Step[], what: string) =>
    changePlan((p) => ({ ...p, protocol: { ...p.protocol, steps: next.map((s) => ({ ...s })) } }), what);
  const own = now.probes.filter((p) => p.protocol).length;
  const known = presets.value ?? [];
  const organ = openCase.value?.organ ?? "";
  const at = known.findIndex((p) => sameSteps(p.steps, steps));
  const choices = known.map((p, i) => ({
    value: String(i),
    words: `${inWords(p.steps)} (${organ in p.reasons ? `pack of ${organ.replaceAll("_", " ")}` : p.label})`,
  }));
  return (
    <Part title="Protocol" sum={`${inWords(steps)} · ${minutes(total(steps))}`} open={false} test="protocol">
      {known.length > 0 && (
        <Choice
          label="Preset"
          says="What organ packs propose, with the reason below."
          test="protocol-preset"
          value={at < 0 ? "own" : String(at)}
          choices={at < 0 ? [{ value: "own", words: "as set below" }, ...choices] : choices}
          commit={(v) => (v === "own" ? Promise.resolve(true) : save(known[Number(v)]!.steps, "Protocol from a preset"))}
        />
      )}
      {at >= 0 && (
        <p class="hint">
          {known[at]!.reasons[organ] ?? `Proposed for: ${known[at]!.label}.`} {known[at]!.assumed && <b>Some of its times are assumed.</b>}
        </p>
      )}
      <StepsEditor steps={steps} save={save} test="step" canThaw={now.probes.every((p) => cardOf(p.probe)?.can_thaw ?? true)} />
      {own > 0 && (
        <p class="hint">
          {own} needle{own === 1 ? " has its" : "s have their"} own protocol.
        </p>
      )}
    </Part>
  );
}
