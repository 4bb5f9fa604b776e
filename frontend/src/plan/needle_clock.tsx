/** A needle's own protocol and duty; needles on one channel share them. */
import { plan } from "../state/desk";
import { changePlan } from "../state/plan";
import type { Step } from "../api/types";
import { NumberField } from "./fields";
import { withSetting } from "./needles";
import { sameSteps } from "./protocol";
import { cardOf } from "./reference";
import { StepsEditor } from "./steps_editor";

export function NeedleClock({ at }: { at: number }) {
  const now = plan.value!;
  const needle = now.probes[at]!;
  const name = needle.name || `needle ${at + 1}`;
  const card = cardOf(needle.probe);
  const own = needle.protocol?.steps;
  const steps = own ?? now.protocol.steps;
  const freezes = steps.filter((s) => s.kind === "freeze");
  const duty = freezes[0]?.duty ?? 1;
  const shared = needle.channel ? now.probes.filter((p) => p.channel === needle.channel).length : 1;
  const save = (next: readonly Step[], what: string) =>
    changePlan(
      (p) => withSetting(p, at, { protocol: sameSteps(next, p.protocol.steps) ? null : { steps: [...next] } }),
      `${what} of ${name}`,
    );
  return (
    <>
      <div class="entries">
        <NumberField
          label={shared > 1 ? `Duty (channel ${needle.channel}, ${shared} needles)` : "Duty"}
          says="Share of full power in every freeze. Holds have their own duty in the protocol."
          test="needle-duty"
          unit="%"
          step={5}
          digits={0}
          least={(card?.duty_least ?? 0.01) * 100}
          most={100}
          value={duty * 100}
          commit={(v) => save(steps.map((s) => (s.kind === "freeze" ? { ...s, duty: v / 100 } : s)), "Duty")}
        />
        <div class="entry">
          <label>
            <input
              type="checkbox"
              data-test="needle-own-protocol"
              checked={!!own}
              onChange={(e) => {
                const on = e.currentTarget.checked;
                void changePlan(
                  (p) => withSetting(p, at, { protocol: on ? { steps: p.protocol.steps.map((s) => ({ ...s })) } : null }),
                  on ? `Own protocol of ${name}` : `${name} follows the plan's protocol`,
                );
              }}
            />{" "}
            Own protocol
          </label>
        </div>
      </div>
      {own && <StepsEditor steps={own} save={save} test="needle-step" least={card?.duty_least} canThaw={card?.can_thaw ?? true} />}
    </>
  );
}
