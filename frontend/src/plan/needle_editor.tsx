/** One needle: kind, depth, angles, tip, clock. Arrow keys move it with a preview; resting saves and simulates. */
import type { Needle } from "../api/types";
import { chosenNeedle, dragged, plan, saved } from "../state/desk";
import { type Change, changePlan, dragPlan, dropPlan, nudgePlan } from "../state/plan";
import { Choice, NumberField, TextField } from "./fields";
import { findingsOf } from "./findings";
import { copied, depthOf, inAxial, moved, offAxial, slid, withAngles, withDepth, withNeedle, withSetting, withoutNeedle } from "./needles";
import { Findings } from "./needles_part";
import { cardOf, cards } from "./reference";
import { NeedleClock } from "./needle_clock";
import { degrees } from "./words";

/** Where a needle lies is dropped like a drag, so that the full run starts at once. */
const place = (change: Change, what: string): Promise<boolean> => {
  dragPlan(change(dragged.value ?? saved.value!.plan));
  return dropPlan(what);
};

export async function copyNeedle(at: number): Promise<void> {
  if (await place((p) => copied(p, at), "Copy a needle")) chosenNeedle.value = at + 1;
}

export async function deleteNeedle(at: number): Promise<void> {
  const name = plan.value?.probes[at]?.name || `needle ${at + 1}`;
  await changePlan((p) => withoutNeedle(p, at), `Delete ${name}`);
}

export function NeedleEditor({ at }: { at: number }) {
  const needle = plan.value!.probes[at]!;
  const told = dragged.value ? undefined : saved.value!.needles[at];
  const card = cardOf(needle.probe);
  const name = needle.name || `needle ${at + 1}`;
  const findings = dragged.value ? [] : findingsOf(saved.value!.findings, plan.value!.probes, at);
  const set = (change: Partial<Needle>, what: string) => changePlan((p) => withNeedle(p, at, change), what);
  const kinds = (cards.value ?? []).map((c) => ({ value: c.name, words: c.label }));
  return (
    <section class="needle-editor" aria-label={name} data-test="needle-editor">
      <div class="row">
        <h3 class="grow">{name}</h3>
        <button type="button" data-test="copy-needle" onClick={() => void copyNeedle(at)}>
          Copy
        </button>
        <button type="button" class="danger" data-test="delete-needle" onClick={() => void deleteNeedle(at)}>
          Delete
        </button>
      </div>
      {findings.length > 0 && <Findings of={findings} />}
      <div class="entries">
        <div class="wide">
          <Choice
            label="Kind"
            says="The needle's card: cold zone, cooling, duty. Every number of a card has its source."
            test="needle-kind"
            value={needle.probe}
            choices={kinds}
            commit={(probe) => place((p) => withNeedle(p, at, { probe, active_mm: null }), `Change the kind of ${name}`)}
          />
          {card && (
            <p class="hint">
              {card.gauge === "unknown" ? `${card.diameter_mm} mm` : card.gauge}, {card.cryogen}, cold zone {card.active_mm} mm, usable to {card.usable_mm} mm
              {card.assumed.length > 0 && <span title={card.assumed.join(", ")}>; {card.assumed.length} numbers assumed</span>}
            </p>
          )}
        </div>
        <TextField label="Name" test="needle-name" value={needle.name ?? ""} placeholder={`needle ${at + 1}`} commit={(v) => set({ name: v }, `Name ${name}`)} />
        <NumberField
          label="Depth"
          says="From the skin to the tip, along the shaft. Arrow keys: 1 mm, with Shift 10 mm."
          test="needle-depth"
          unit="mm"
          step={1}
          least={1}
          most={card?.usable_mm}
          value={depthOf(needle)}
          commit={(v) => place((p) => withDepth(p, at, v), `Depth of ${name}`)}
          nudge={(by) => nudgePlan((p) => slid(p, at, by), `Slide ${name}`)}
        />
        <NumberField
          label="Off axial"
          says="Angle of the shaft out of the axial plane; positive where the tip points to the head."
          test="needle-off-axial"
          unit="°"
          step={1}
          least={-90}
          most={90}
          value={offAxial(needle)}
          commit={(v) => place((p) => withAngles(p, at, v, inAxial(p.probes[at]!)), `Turn ${name}`)}
          nudge={(by) => nudgePlan((p) => withAngles(p, at, offAxial(p.probes[at]!) + by, inAxial(p.probes[at]!)), `Turn ${name}`)}
        />
        <NumberField
          label="Within axial"
          says="Angle within the axial plane, from straight back-to-front; positive where the tip points to the patient's left."
          test="needle-in-axial"
          unit="°"
          step={1}
          value={inAxial(needle)}
          commit={(v) => place((p) => withAngles(p, at, offAxial(p.probes[at]!), v), `Turn ${name}`)}
          nudge={(by) => nudgePlan((p) => withAngles(p, at, offAxial(p.probes[at]!), inAxial(p.probes[at]!) + by), `Turn ${name}`)}
        />
      </div>
      <fieldset class="entries three">
        <legend>Tip, mm in the patient (arrow keys move it)</legend>
        {(["Left +, right −", "Back +, front −", "Head +, foot −"] as const).map((label, axis) => (
          <NumberField
            key={axis}
            label={label}
            test={`needle-tip-${"xyz"[axis]}`}
            unit="mm"
            step={1}
            value={needle.tip_mm[axis]!}
            commit={(v) => {
              const by: [number, number, number] = [0, 0, 0];
              by[axis] = v - needle.tip_mm[axis]!;
              return place((p) => moved(p, at, by, "tip"), `Move the tip of ${name}`);
            }}
            nudge={(by) => {
              const step: [number, number, number] = [0, 0, 0];
              step[axis] = by;
              nudgePlan((p) => moved(p, at, step, "tip"), `Move the tip of ${name}`);
            }}
          />
        ))}
      </fieldset>
      <p class="hint">
        {told
          ? `${degrees(offAxial(needle))} off the axial plane${told.to_gravity_deg === null ? "" : `, ${told.to_gravity_deg.toFixed(0)}° to gravity`}`
          : "Moving…"}
      </p>
      <details class="needle-more">
        <summary>Clock, channel and way in</summary>
        <div class="entries">
          <NumberField
            label="Starts after"
            says="When this needle's own clock begins, counted from the plan's first freeze."
            test="needle-start"
            unit="min"
            step={0.5}
            digits={2}
            least={0}
            value={(needle.start_s ?? 0) / 60}
            commit={(v) => changePlan((p) => withSetting(p, at, { start_s: Math.round(v * 60) }), `Start of ${name}`)}
          />
          <TextField
            label="Channel"
            says="The console's channel. Needles on one channel share every setting: start, protocol and duty. Empty is a channel of its own."
            test="needle-channel"
            value={needle.channel ?? ""}
            placeholder="of its own"
            commit={(v) => changePlan((p) => joined(p.probes, at, v, p), `Channel of ${name}`)}
          />
          {card?.active_least_mm != null && card.active_most_mm != null && (
            <NumberField
              label="Active length"
              says="Length of the cold zone that is set on this needle."
              test="needle-active"
              unit="mm"
              step={1}
              least={card.active_least_mm}
              most={card.active_most_mm}
              value={needle.active_mm ?? card.active_mm}
              commit={(v) => place((p) => withNeedle(p, at, { active_mm: v }), `Active length of ${name}`)}
            />
          )}
          <NumberField
            label="Pull back"
            says="How far it is drawn back along its shaft before each freeze after the first."
            test="needle-pull-back"
            unit="mm"
            step={1}
            least={0}
            value={needle.pull_back_mm ?? 0}
            commit={(v) => set({ pull_back_mm: v }, `Pull back of ${name}`)}
          />
          <Choice
            label="Way through bone"
            says="How the shaft gets through bone that is not the target's."
            test="needle-bone"
            value={needle.bone_access ?? ""}
            choices={[
              { value: "", words: "none" },
              { value: "coaxial", words: "coaxial" },
              { value: "drill", words: "drill" },
            ]}
            commit={(v) => set({ bone_access: v }, `Way through bone of ${name}`)}
          />
        </div>
        <NeedleClock at={at} />
      </details>
    </section>
  );
}

/** A needle put on a channel takes over what the needles there are set to. */
function joined<P extends { probes: Needle[] }>(probes: readonly Needle[], at: number, channel: string, plan: P): P {
  const there = channel ? probes.find((p, i) => i !== at && p.channel === channel) : undefined;
  const shared = there ? { start_s: there.start_s ?? 0, protocol: there.protocol ?? null } : {};
  return { ...plan, probes: probes.map((p, i) => (i === at ? { ...p, channel, ...shared } : p)) };
}
