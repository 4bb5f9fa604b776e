/** The steps of a protocol, each with kind and minutes. */
import type { Step } from "../api/types";
import { Choice, NumberField } from "./fields";
import { KINDS, inWords, minutes, total, withMore, withStep, withoutStep } from "./protocol";

export function StepsEditor(the: {
  steps: readonly Step[];
  save: (steps: readonly Step[], what: string) => Promise<boolean>;
  test: string;
  least?: number | undefined;
  canThaw: boolean;
}) {
  const { steps, save, test } = the;
  const kinds = KINDS.filter((k) => the.canThaw || k.kind !== "active_thaw").map((k) => ({ value: k.kind, words: k.words }));
  return (
    <>
      <Bar steps={steps} />
      <ol class="steps">
        {steps.map((step, i) => (
          <li key={i}>
            <Choice
              label={`Step ${i + 1}`}
              test={`${test}-${i}-kind`}
              value={step.kind}
              choices={kinds}
              commit={(kind) => save(withStep(steps, i, { kind: kind as Step["kind"] }), "Protocol")}
            />
            <NumberField
              label="Length"
              test={`${test}-${i}-minutes`}
              unit="min"
              step={1}
              digits={2}
              least={0.05}
              value={step.duration_s / 60}
              commit={(v) => save(withStep(steps, i, { duration_s: Math.round(v * 60) }), "Protocol")}
            />
            {step.kind === "hold" || (step.kind === "freeze" && (step.duty ?? 1) < 1) ? (
              <NumberField
                label="Duty"
                test={`${test}-${i}-duty`}
                unit="%"
                step={5}
                digits={0}
                least={(the.least ?? 0.01) * 100}
                most={100}
                value={(step.duty ?? 1) * 100}
                commit={(v) => save(withStep(steps, i, { duty: v / 100 }), "Protocol")}
              />
            ) : (
              <span />
            )}
            <button
              type="button"
              class="quiet danger"
              aria-label={`Delete step ${i + 1}`}
              title="Delete this step"
              data-test={`${test}-${i}-delete`}
              onClick={() => void save(withoutStep(steps, i), "Protocol")}
            >
              ×
            </button>
          </li>
        ))}
      </ol>
      <div class="row part-acts">
        <button type="button" data-test={`${test}-add`} onClick={() => void save(withMore(steps), "Protocol")}>
          Add step
        </button>
        <span class="hint">In all {minutes(total(steps))}</span>
      </div>
    </>
  );
}

/** The protocol as a bar in the colours of the report's figures. */
function Bar({ steps }: { steps: readonly Step[] }) {
  const all = total(steps) || 1;
  return (
    <div class="bar" role="img" aria-label={inWords(steps)}>
      {steps.map((s, i) => (
        <span key={i} class={`bar-${s.kind.replace("_", "-")}`} style={{ flexGrow: s.duration_s / all }} title={`${s.kind.replace("_", " ")} ${minutes(s.duration_s)}`}>
          {s.duration_s / all > 0.12 ? Math.round((s.duration_s / 60) * 10) / 10 : ""}
        </span>
      ))}
    </div>
  );
}
