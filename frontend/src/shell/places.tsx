/** Where the other rooms hang their components; what is not there yet says so. */
import type { ComponentType } from "preact";
import { lazy, Suspense } from "preact/compat";

const rooms = import.meta.glob<Record<string, ComponentType>>([
  "../view/screens.tsx",
  "../view/clock.tsx",
  "../cases/cases_tab.tsx",
  "../draw/structures_tab.tsx",
  "../verbs/*_tab.tsx",
]);

const place = (file: string, name: string) => {
  const room = rooms[`../${file}`];
  const Inner = lazy(async () => ({ default: (room && (await room())[name]) || (() => <p class="hint">{name} is being built.</p>) }));
  return () => (
    <Suspense fallback={<p class="hint">…</p>}>
      <Inner />
    </Suspense>
  );
};

export const FirstScreen = place("view/screens.tsx", "FirstScreen");
export const FourUp = place("view/screens.tsx", "FourUp");
export const Clock = place("view/clock.tsx", "Clock");
export const CasesTab = place("cases/cases_tab.tsx", "CasesTab");
export const StructuresTab = place("draw/structures_tab.tsx", "StructuresTab");
export const ResultsTab = place("verbs/results_tab.tsx", "ResultsTab");
export const SearchTab = place("verbs/search_tab.tsx", "SearchTab");
export const CompareTab = place("verbs/compare_tab.tsx", "CompareTab");
export const WhatIfTab = place("verbs/whatif_tab.tsx", "WhatIfTab");
export const TrajectoriesTab = place("verbs/trajectories_tab.tsx", "TrajectoriesTab");
export const ReportTab = place("verbs/report_tab.tsx", "ReportTab");
