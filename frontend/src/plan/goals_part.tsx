/** What the result is judged by. A changed goal leaves the ice as it is: only the verdict is made again. */
import { useState } from "preact/hooks";
import type { Goal } from "../api/types";
import { plan } from "../state/desk";
import { changePlan } from "../state/plan";
import { structureNames } from "./around";
import { Choice, NumberField, Part } from "./fields";
import { QUANTITIES, goalWords, newGoal } from "./goals";
import { pack } from "./reference";

/** Save goals; where the run is still valid, the server judges it again by itself. */
const save = (change: (goals: Goal[]) => Goal[], what: string): Promise<boolean> =>
  changePlan((p) => ({ ...p, goals: change(p.goals as Goal[]) as unknown as Record<string, unknown>[] }), what);

export function Goals() {
  const goals = plan.value!.goals as unknown as Goal[];
  const [editing, setEditing] = useState<number | null>(null);
  const structures = structureNames();
  const proposed = pack.value?.goals ?? [];
  const same = JSON.stringify(goals.map(goalWords)) === JSON.stringify(proposed.map(goalWords));
  const add = async (kind: Goal["kind"]) => {
    if (await save((all) => [...all, newGoal(kind, structures)], "Add a goal")) setEditing(goals.length);
  };
  return (
    <Part title="Goals" sum={`${goals.length}`} open={false} test="goals">
      <ul class="goals">
        {goals.map((goal, i) => (
          <li key={i}>
            <div class="row">
              <button type="button" class="goal-words" aria-expanded={editing === i} data-test={`goal-${i}`} onClick={() => setEditing(editing === i ? null : i)}>
                {goalWords(goal)}
              </button>
              <button
                type="button"
                class="quiet danger"
                aria-label={`Delete the goal: ${goalWords(goal)}`}
                title="Delete this goal"
                data-test={`goal-${i}-delete`}
                onClick={() => {
                  setEditing(null);
                  void save((all) => all.filter((_, j) => j !== i), "Delete a goal");
                }}
              >
                ×
              </button>
            </div>
            {editing === i && (
              <GoalEditor goal={goal} at={i} structures={structures} set={(g) => save((all) => all.map((o, j) => (j === i ? g : o)), "Change a goal")} />
            )}
          </li>
        ))}
      </ul>
      <div class="row part-acts">
        {(
          [
            ["cover", "Cover", "Ice or cold that the target must get"],
            ["spare", "Spare", "A structure that must stay warm"],
            ["limit", "Limit", "A quantity that must stay small"],
            ["treat", "Treat", "An open surface that must be frozen"],
          ] as const
        ).map(([kind, words, says]) => (
          <button key={kind} type="button" title={says} data-test={`add-goal-${kind}`} onClick={() => void add(kind)}>
            + {words}
          </button>
        ))}
        {proposed.length > 0 && !same && (
          <button
            type="button"
            data-test="goals-of-pack"
            title={pack.value!.goal_words.join("\n")}
            onClick={() => {
              setEditing(null);
              void save(() => proposed.map((g) => ({ ...g })), "Goals of the pack");
            }}
          >
            Goals of the {pack.value!.label.toLowerCase()} pack
          </button>
        )}
      </div>
    </Part>
  );
}

function GoalEditor({ goal, at, structures, set }: { goal: Goal; at: number; structures: string[]; set: (goal: Goal) => Promise<boolean> }) {
  const test = (what: string) => `goal-${at}-${what}`;
  const structure = (value: string, put: (v: string) => Goal) => (
    <Choice
      label="Structure"
      test={test("structure")}
      value={value}
      choices={structures.map((s) => ({ value: s, words: s === "tumour" ? "the target" : s.replaceAll("_", " ") }))}
      commit={(v) => set(put(v))}
    />
  );
  const number = (label: string, what: string, unit: string, value: number, put: (v: number) => Goal, more: { step?: number; least?: number; most?: number } = {}) => (
    <NumberField label={label} test={test(what)} unit={unit} step={more.step ?? 1} value={value} commit={(v) => set(put(v))} {...more} />
  );
  switch (goal.kind) {
    case "cover":
      return (
        <div class="entries">
          {structure(goal.structure, (v) => ({ ...goal, structure: v }))}
          {number("At or below", "below", "°C", goal.below, (v) => ({ ...goal, below: v }), { step: 5 })}
          {number("Margin", "margin", "mm", goal.margin_mm ?? 0, (v) => ({ ...goal, margin_mm: v }), { least: 0 })}
          {number("At least", "fraction", "%", (goal.fraction ?? 1) * 100, (v) => ({ ...goal, fraction: v / 100 }), { least: 0, most: 100 })}
          <div class="entry wide">
            <label title="No margin is asked of the target's face where no tissue of its organ lies beyond.">
              <input type="checkbox" checked={goal.capsule !== false} onChange={(e) => void set({ ...goal, capsule: e.currentTarget.checked })} /> Margin also
              at the organ's capsule
            </label>
          </div>
        </div>
      );
    case "spare":
      return (
        <div class="entries">
          {structure(goal.structure, (v) => ({ ...goal, structure: v }))}
          {number("Nothing below", "above", "°C", goal.above ?? 0, (v) => ({ ...goal, above: v }), { step: 5 })}
          {number("Within", "distance", "mm", goal.distance_mm ?? 0, (v) => ({ ...goal, distance_mm: v }), { least: 0 })}
        </div>
      );
    case "limit": {
      const of = QUANTITIES.find((q) => q.quantity === goal.quantity);
      return (
        <div class="entries">
          <Choice
            label="Quantity"
            test={test("quantity")}
            value={goal.quantity}
            choices={QUANTITIES.map((q) => ({ value: q.quantity, words: q.words }))}
            commit={(v) => set({ ...goal, quantity: v })}
          />
          {number("At most", "at-most", of?.unit ?? "", goal.at_most, (v) => ({ ...goal, at_most: v }), { least: 0 })}
        </div>
      );
    }
    case "treat":
      return (
        <div class="entries">
          <Choice
            label="At or below"
            test={test("below")}
            value={String(goal.below ?? 0)}
            choices={["0", "-20", "-40"].map((c) => ({ value: c, words: `${c.replace("-", "−")} °C` }))}
            commit={(v) => set({ ...goal, below: Number(v) })}
          />
          {number("Down to", "depth", "mm", goal.depth_mm ?? 0, (v) => ({ ...goal, depth_mm: v }), { least: 0 })}
          {number("Freezes", "cycles", "times", goal.cycles ?? 1, (v) => ({ ...goal, cycles: Math.round(v) }), { least: 1 })}
          {number("At least", "fraction", "%", (goal.fraction ?? 1) * 100, (v) => ({ ...goal, fraction: v / 100 }), { least: 0, most: 100 })}
        </div>
      );
  }
}
