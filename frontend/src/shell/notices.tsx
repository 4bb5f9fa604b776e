/** Sentences at the foot of the page, read aloud by screen readers. */
import { elsewhere, reloadPlan } from "../state/plan";
import { server } from "../state/link";
import { dismiss, notices } from "../state/notices";

export function Notices() {
  return (
    <div class="notices" role="status" aria-live="polite">
      {server.value === "gone" && (
        <div class="notice warn" data-test="server-gone">
          <p>
            <b>The server does not answer.</b> What was saved is safe. This page goes on by itself when <code>iceball serve</code> is back.
          </p>
        </div>
      )}
      {elsewhere.value && (
        <div class="notice warn" data-test="elsewhere">
          <p>
            <b>This plan was changed in another window.</b> What you see is the plan before that.
          </p>
          <button type="button" data-test="show-newest" onClick={() => void reloadPlan()}>
            Show the newest
          </button>
        </div>
      )}
      {notices.value.map((n) => (
        <div key={n.id} class={`notice ${n.tone}`} data-test="notice">
          <p>{n.text}</p>
          {n.act && (
            <button
              type="button"
              onClick={() => {
                dismiss(n.id);
                n.act!.run();
              }}
            >
              {n.act.label}
            </button>
          )}
          <button type="button" aria-label="Put away" onClick={() => dismiss(n.id)}>
            ×
          </button>
        </div>
      ))}
    </div>
  );
}
