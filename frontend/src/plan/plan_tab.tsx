/** What is decided: needles, protocol, goals; what protects and what is limited; and whose plan it is. */
import { plan, saved } from "../state/desk";
import { Goals } from "./goals_part";
import { Limits } from "./limits_part";
import { Needles } from "./needles_part";
import { Procedure, Protection, Surfaces, Vessels } from "./other_parts";
import { PlanProtocol } from "./protocol_part";
import { Review } from "./review";
import "./places";
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
      <Protection />
      <Vessels />
      <Surfaces />
      <Procedure />
    </>
  );
}
