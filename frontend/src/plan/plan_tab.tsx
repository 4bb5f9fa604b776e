/** What is decided: needles, protocol, goals; what the pack limits; and whose plan it is. */
import { plan, saved } from "../state/desk";
import { Goals } from "./goals_part";
import { Limits } from "./limits_part";
import { Needles } from "./needles_part";
import { MoreOfPlan } from "./more_part";
import { PlanProtocol } from "./protocol_part";
import { Review } from "./review";
import "./plan.css";

export function PlanTab() {
  if (!saved.value || !plan.value) return <p class="hint">Open a case to plan its needles, protocol and goals.</p>;
  return (
    <>
      <Review />
      <Needles />
      <PlanProtocol />
      <Goals />
      <Limits />
      <MoreOfPlan />
    </>
  );
}
