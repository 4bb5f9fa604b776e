/** What else the plan holds and this page does not edit: shown, so that nobody forgets that it counts. */
import { plan } from "../state/desk";
import { shortly } from "../shell/difference";
import { Part } from "./fields";

const LISTS: [string, string][] = [
  ["spots", "Spray or contact spots"],
  ["pockets", "Pockets of fluid or gas"],
  ["vessels", "Vessels"],
  ["warmers", "Warmers"],
  ["limits", "Limits of this plan's own"],
];

const FACTS: [string, string][] = [
  ["kill", "Law of cell death"],
  ["supply_bar", "Supply pressure, bar"],
  ["vent", "Vent of the pleura"],
  ["setting", "How the patient will be treated"],
];

/** Of a table, only what says something. */
function told(value: unknown): string {
  if (value === null || value === undefined || value === "") return "";
  if (typeof value !== "object") return shortly(value);
  const said = Object.entries(value).filter(([, v]) => v !== null && v !== "" && v !== "unknown");
  return said.map(([k, v]) => `${k.replaceAll("_", " ")} ${shortly(v)}`).join("; ");
}

export function MoreOfPlan() {
  const now = plan.value!;
  const found = LISTS.map(([key, words]) => [words, now[key]] as const).filter(([, v]) => Array.isArray(v) && v.length > 0);
  const facts = FACTS.map(([key, words]) => [words, told(now[key])] as const).filter(([, v]) => v);
  if (!found.length && !facts.length) return null;
  return (
    <Part title="Also in this plan" open={false} test="more-of-plan">
      {facts.map(([words, value]) => (
        <p key={words} class="hint">
          {words}: {value}
        </p>
      ))}
      {found.map(([words, values]) => (
        <div key={words}>
          <h3>{words}</h3>
          <ul class="sources">
            {(values as unknown[]).map((v, i) => (
              <li key={i}>{shortly(v)}</li>
            ))}
          </ul>
        </div>
      ))}
      <p class="hint">These are set in plan.toml or by the command line; what is changed there shows here at once.</p>
    </Part>
  );
}
