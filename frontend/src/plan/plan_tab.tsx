/** Needles, protocol and goals: what is decided. */
export function PlanTab() {
  return <h2>Plan</h2>;
}
