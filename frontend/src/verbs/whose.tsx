/** Whose numbers and ice are seen, where needles were set on a control CT: the plan's, or those AS PLACED. */
import { asPlaced } from "../state/desk";
import { placed } from "../state/placed";
import { lookAsPlaced } from "../state/plan";

export function Whose() {
  const now = placed.value;
  if (now?.status !== "valid") return null;
  const ran = now.beside?.as_placed.run.status === "valid";
  return (
    <p class="row whose" role="group" aria-label="Numbers and ice of">
      <span>Numbers and ice</span>
      <button type="button" aria-pressed={!asPlaced.value} data-test="whose-planned" onClick={() => void lookAsPlaced(false)}>
        PLANNED
      </button>
      <button type="button" aria-pressed={asPlaced.value} data-test="whose-placed" disabled={!ran} title={ran ? "" : "The needles as placed were not run yet."} onClick={() => void lookAsPlaced(true)}>
        AS PLACED
      </button>
    </p>
  );
}
