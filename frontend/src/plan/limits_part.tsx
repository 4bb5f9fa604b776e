/** What structures keep whatever the goals say, by the organ's pack, each number with its source. */
import { openCase, plan } from "../state/desk";
import { Part } from "./fields";
import { ListOf } from "./list_part";
import { kindOf } from "./records";
import { pack } from "./reference";

export function Limits() {
  const info = openCase.value!;
  const now = pack.value;
  const own = (plan.value?.["limits"] ?? []) as unknown[];
  const changed = own.length ? `${own.length} changed` : "";
  if (!now)
    return (
      <Part title="Limits" sum={changed} open={false} test="limits">
        {!info.organ && <p class="hint">The case names no organ, so no pack limits anything here.</p>}
        <ListOf kind={kindOf("limits")} />
      </Part>
    );
  const here = new Set(info.structures.map((s) => s.name));
  const rows = [...now.limits].sort((a, b) => Number(here.has(b.structure)) - Number(here.has(a.structure)));
  return (
    <Part title="Limits" sum={[changed, `${now.label} pack`, now.reviewer === "none" ? "not clinically reviewed" : `reviewed by ${now.reviewer}`].filter(Boolean).join(", ")} open={false} test="limits">
      <p class="hint">These hold whatever the goals say: at the alarm people are told, at the stop freezing has to end.</p>
      <ul class="limits">
        {rows.map((limit) => (
          <li key={limit.structure}>
            <details>
              <summary>
                <b>{limit.structure.replaceAll("_", " ")}</b> {limit.words}
                {limit.assumed && <span class="tag">assumed</span>}
                {!here.has(limit.structure) && <span class="hint"> not drawn here</span>}
              </summary>
              <ul class="sources">
                {limit.numbers.map((n) => (
                  <li key={n.name}>
                    {n.name.split(".").at(-1)!.replace("_c", "").replace("_mm", "")} {n.value} {n.unit} ({n.low} to {n.high}), {n.kind}: {n.source}
                  </li>
                ))}
              </ul>
            </details>
          </li>
        ))}
      </ul>
      <ListOf kind={kindOf("limits")} />
    </Part>
  );
}
