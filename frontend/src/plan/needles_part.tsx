/** All needles at a glance; the chosen one is changed below the table. */
import type { Finding, Needle, NeedleTold } from "../api/types";
import { chosenNeedle, dragged, image, openCase, plan, saved } from "../state/desk";
import { dragPlan, dropPlan } from "../state/plan";
import { Part } from "./fields";
import { findingsOf, findingsElse } from "./findings";
import { NeedleEditor } from "./needle_editor";
import { added, depthOf, offAxial } from "./needles";
import { cardOf, cards } from "./reference";
import { Propose } from "./propose";
import { skinFrom } from "./skin";
import { degrees } from "./words";

/** Put a needle where it is sensible, and choose it. */
export async function addNeedle(): Promise<void> {
  const [told, info] = [saved.value, openCase.value];
  if (!told || !info) return;
  const like = told.plan.probes[chosenNeedle.value ?? 0];
  const card = cardOf(like?.probe ?? "generic-17g-long") ?? cards.value?.[0];
  if (!card) return;
  dragPlan(added(dragged.value ?? told.plan, chosenNeedle.value, info.centre_mm, card, skinFrom(image.value)));
  if (await dropPlan("Add a needle")) chosenNeedle.value = (saved.value?.plan.probes.length ?? 1) - 1;
}

export function Needles() {
  const now = plan.value!;
  const told = saved.value!;
  const moving = dragged.value !== null;
  const general = findingsElse(told.findings, now.probes);
  return (
    <Part title="Needles" sum={sum(now.probes)} test="needles">
      {now.probes.length > 0 && (
        <table class="needles">
          <thead>
            <tr>
              <th scope="col">Needle</th>
              <th scope="col">Kind</th>
              <th scope="col" class="figure" title="From the skin to the tip">
                Depth
              </th>
              <th scope="col" class="figure" title="Angle out of the axial plane; + where the tip points to the head">
                Off axial
              </th>
              <th scope="col">
                <span class="aloud">Findings</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {now.probes.map((needle, i) => (
              <Row
                key={i}
                at={i}
                needle={needle}
                told={moving ? undefined : told.needles[i]}
                findings={moving ? [] : findingsOf(told.findings, now.probes, i)}
              />
            ))}
          </tbody>
        </table>
      )}
      {now.probes.length === 0 && <p class="hint">No needle yet.</p>}
      <div class="row part-acts">
        <button type="button" data-test="add-needle" disabled={!cards.value || !openCase.value?.has_target} onClick={() => void addNeedle()}>
          Add needle
        </button>
        <Propose />
        {!openCase.value?.has_target && <span class="hint">Draw the target first (Structures).</span>}
      </div>
      {told.checking && <p class="hint">The plan is being checked against the patient…</p>}
      {general.length > 0 && <Findings of={general} />}
      {chosenNeedle.value !== null && now.probes[chosenNeedle.value] && <NeedleEditor at={chosenNeedle.value} />}
    </Part>
  );
}

function sum(probes: readonly Needle[]): string {
  return `${probes.length}`;
}

function Row({ at, needle, told, findings }: { at: number; needle: Needle; told: NeedleTold | undefined; findings: Finding[] }) {
  const chosen = chosenNeedle.value === at;
  const name = needle.name || told?.name || `needle ${at + 1}`;
  return (
    <tr class={chosen ? "chosen" : ""} onClick={() => (chosenNeedle.value = at)}>
      <td>
        <button type="button" class="choose" aria-pressed={chosen} data-test={`needle-${at}`} onClick={() => (chosenNeedle.value = at)}>
          {name}
        </button>
      </td>
      <td title={cardOf(needle.probe)?.label}>{needle.probe.replace(/^generic-/, "")}</td>
      <td class="figure">{(told?.depth_mm ?? depthOf(needle)).toFixed(0)} mm</td>
      <td class="figure">{degrees(offAxial(needle))}</td>
      <td>
        {findings.length > 0 && (
          <span class="warn-text found" title={findings.map((f) => f.what).join("\n")}>
            ⚠ {findings.length}
            <span class="aloud"> finding{findings.length === 1 ? "" : "s"}</span>
          </span>
        )}
      </td>
    </tr>
  );
}

export function Findings({ of }: { of: Finding[] }) {
  return (
    <ul class="findings" data-test="findings">
      {of.map((f) => (
        <li key={f.where + f.what} class={`finding-${f.severity.replace(" ", "-")}`}>
          <b>{f.severity}</b> {f.what}
        </li>
      ))}
    </ul>
  );
}

/** Used by the shortcuts: the needle before or behind the chosen one. */
export function chooseBeside(by: 1 | -1): void {
  const count = plan.value?.probes.length ?? 0;
  if (count) chosenNeedle.value = ((chosenNeedle.value ?? (by > 0 ? -1 : 0)) + by + count) % count;
}

