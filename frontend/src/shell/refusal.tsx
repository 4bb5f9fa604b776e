/** The plan cannot be what was asked for: why, and the two ways on. The place where it was typed shows the same. */
import { dropRefused, refused, refusedBeside } from "../state/plan";

export function Refusal() {
  const now = refused.value;
  if (!now || refusedBeside.value) return null;
  return (
    <div class="refused" role="alert" data-test="refused">
      <p>
        <b>{now.what} was not saved.</b> {now.refusal.where && <code>{now.refusal.where}</code>} {now.refusal.what} {now.refusal.remedy}
      </p>
      <button type="button" data-test="drop-refused" onClick={dropRefused}>
        Back to the plan as saved
      </button>
    </div>
  );
}
