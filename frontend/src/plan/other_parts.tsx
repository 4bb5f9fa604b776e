/** What protects, what freezes from outside, and how the patient will be treated. */
import { cross, plan } from "../state/desk";
import { changePlan } from "../state/plan";
import { Part } from "./fields";
import { ListOf } from "./list_part";
import { type Names, RecordFields } from "./record_fields";
import { type Part_, kindOf } from "./records";
import { choices, schema } from "./reference";
import { fieldsOf } from "./schema";

const count = (key: string): number => ((plan.value?.[key] ?? []) as unknown[]).length;
const many = (key: string, one: string): string => (count(key) ? `${count(key)} ${one}${count(key) > 1 ? "s" : ""}` : "");
const together = (...said: string[]): string => said.filter(Boolean).join(", ") || "none";

/** Fields of the plan itself, or of a part that it has once. */
function Own({ part, at, only, what, names }: { part: string; at: "" | "setting" | "template"; only?: string[]; what: string; names?: Names }) {
  const now = plan.value!;
  if (!schema.value) return <p class="hint">Reading the fields…</p>;
  const fields = fieldsOf(schema.value, part).filter((field) => !only || only.includes(field.name));
  const one = (at ? (now[at] ?? {}) : now) as Part_;
  const set = (change: Part_) => changePlan((p) => (at ? { ...p, [at]: { ...(p[at] as Part_), ...change } } : { ...p, ...change }), what);
  return <RecordFields part={part} fields={fields} one={one} set={set} test={at || "plan"} {...(names ? { names } : {})} />;
}

export function Protection() {
  return (
    <Part title="Protection" sum={together(many("pockets", "pocket"), many("warmers", "warmer"))} open={false} test="protection">
      <ListOf kind={kindOf("pockets")} />
      <ListOf kind={kindOf("warmers")} />
    </Part>
  );
}

export function Vessels() {
  return (
    <Part title="Vessels" sum={together(many("vessels", "vessel"), plan.value?.["vessel_walls"] === false ? "labelled ones left out" : "")} open={false} test="vessels-part">
      <Own part="" at="" only={["vessel_walls"]} what="Walls of labelled vessels" />
      <ListOf kind={kindOf("vessels")} />
    </Part>
  );
}

export function Surfaces() {
  return (
    <Part title="Spray and discs" sum={together(many("spots", "spot"))} open={false} test="surfaces">
      <ListOf kind={kindOf("spots")} />
      <Own part="" at="" only={["vent"]} what="How gas leaves" />
    </Part>
  );
}

/** Side, position, room and what the whole plan is read by. */
export function Procedure() {
  const now = plan.value!;
  const setting = (now["setting"] ?? {}) as Part_;
  const template = (now["template"] ?? null) as Part_ | null;
  const said = [setting["side"] === "L" ? "left" : setting["side"] === "R" ? "right" : "", String(setting["procedure_position"] ?? "")];
  const laws: Names = (field) =>
    field === "kill" ? [{ value: "", words: "the organ's own" }, ...(choices.value?.deaths ?? []).map((d) => ({ value: d.name, words: d.label }))] : undefined;
  return (
    <Part title="Patient and procedure" sum={together(...said, template ? "template" : "")} open={false} test="procedure">
      <Own part="Setting" at="setting" what="Patient and procedure" />
      <Own part="" at="" only={["supply_bar", "kill", "reason"]} what="Plan" names={laws} />
      <div class="entry">
        <label title="The plate with holes through which all needles go.">
          <input
            type="checkbox"
            data-test="template"
            checked={!!template}
            onChange={(e) => {
              const on = e.currentTarget.checked;
              const at = cross.peek().map((v) => Math.round(v * 10) / 10);
              void changePlan((p) => ({ ...p, template: on ? { hole_a1_mm: at } : null }), on ? "Needles through a template" : "No template");
            }}
          />{" "}
          All needles go through a template
        </label>
      </div>
      {template && <Own part="Template" at="template" what="Template" />}
    </Part>
  );
}
