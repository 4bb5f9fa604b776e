/** Whose plan this is: a machine's proposal, edited, or accepted by a person as it stands. */
import { dragged, plan } from "../state/desk";
import { changePlan } from "../state/plan";

const WORDS: Record<string, string> = {
  starter: "Machine-made, not reviewed",
  edited: "Edited, not accepted",
  accepted: "Accepted as it stands",
};

export function Review() {
  const now = plan.value!;
  const accepted = now.review === "accepted";
  const reason = typeof now["reason"] === "string" ? now["reason"] : "";
  return (
    <div class="review">
      <div class="row">
        <span class={accepted ? "review-word good" : "review-word warn-text"} data-test="review">
          {WORDS[now.review] ?? now.review}
        </span>
        {!accepted && now.probes.length > 0 && (
          <button
            type="button"
            data-test="accept-plan"
            disabled={dragged.value !== null}
            title="Say that you have looked at this plan and take it as it stands. Any later change takes this back."
            onClick={() => void changePlan((p) => ({ ...p, review: "accepted" }), "Accept the plan")}
          >
            Accept
          </button>
        )}
      </div>
      {reason && (
        <details>
          <summary class="hint">Why the machine proposed it so</summary>
          <p class="hint">{reason}</p>
        </details>
      )}
    </div>
  );
}
