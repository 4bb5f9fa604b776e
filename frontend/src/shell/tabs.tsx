/** All else behind tabs: arrow keys choose, and only the chosen panel is there. */
import type { ComponentType } from "preact";
import { signal } from "@preact/signals";
import { CasesTab } from "../cases/cases_tab";
import { StructuresTab } from "../draw/structures_tab";
import { Explained, explain } from "../plan/explained";
import { PlanTab } from "../plan/plan_tab";
import { type TabName, openCase, tab } from "../state/desk";
import { PlacedTab } from "../placed/placed_tab";
import { CompareTab } from "../verbs/compare_tab";
import { ReportTab } from "../verbs/report_tab";
import { ResultsTab } from "../verbs/results_tab";
import { SearchTab } from "../verbs/search_tab";
import { TrajectoriesTab } from "../verbs/trajectories_tab";
import { WhatIfTab } from "../verbs/whatif_tab";
import { Guard } from "./guard";

export const panelOpen = signal(true);

const TABS: { name: TabName; words: string; says: string; Body: ComponentType }[] = [
  { name: "plan", words: "Plan", says: "Needles, protocol, goals", Body: PlanTab },
  { name: "structures", words: "Structures", says: "Target and structures: see, draw, change", Body: StructuresTab },
  { name: "results", words: "Results", says: "Verdict, histogram, sensors, spread", Body: ResultsTab },
  { name: "search", words: "Search", says: "Let the machine propose needles", Body: SearchTab },
  { name: "compare", words: "Compare", says: "Plans side by side", Body: CompareTab },
  { name: "whatif", words: "What if", says: "Change one thing at a time", Body: WhatIfTab },
  { name: "trajectories", words: "Ways in", says: "Trajectory map of the skin", Body: TrajectoriesTab },
  { name: "placed", words: "As placed", says: "Needles where a control CT shows them", Body: PlacedTab },
  { name: "report", words: "Report", says: "The report, PDF and export", Body: ReportTab },
  { name: "cases", words: "Cases", says: "All cases, and upload", Body: CasesTab },
];

/** Those that a digit opens. */
export const TAB_NAMES = TABS.map((t) => t.name).filter((name) => name !== "placed");

/** Open a tab; choosing the open one again puts the panel away. */
export function chooseTab(name: TabName, toggle = false): void {
  panelOpen.value = toggle && tab.value === name ? !panelOpen.value : true;
  tab.value = name;
}

export function Tabs() {
  // Without a case there is nothing to plan or judge, only cases to open.
  const tabs = openCase.value ? TABS : TABS.filter((t) => t.name === "cases");
  const now = tabs.find((t) => t.name === tab.value);
  const keys = (event: KeyboardEvent) => {
    const at = now ? tabs.indexOf(now) : 0;
    const to = { ArrowDown: at + 1, ArrowRight: at + 1, ArrowUp: at - 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = tabs[(to + tabs.length) % tabs.length]!;
    chooseTab(next.name);
    document.getElementById(`tab-${next.name}`)?.focus();
  };
  return (
    <aside class="side" aria-label="Plan, results and other tabs">
      {panelOpen.value && now && (
        <section class="panel" role="tabpanel" id="panel" aria-labelledby={`tab-${now.name}`} tabIndex={-1} onFocusIn={explain} onMouseOver={explain}>
          <Guard key={now.name} name={now.words}>
            <now.Body />
          </Guard>
          <Explained />
        </section>
      )}
      <div class="rail" role="tablist" aria-orientation="vertical" aria-label="Tabs" onKeyDown={keys}>
        {tabs.map((t, i) => (
          <button
            key={t.name}
            type="button"
            role="tab"
            id={`tab-${t.name}`}
            data-test={`tab-${t.name}`}
            aria-selected={t === now && panelOpen.value}
            aria-controls={t === now && panelOpen.value ? "panel" : undefined}
            tabIndex={t === now || (!now && i === 0) ? 0 : -1}
            title={t.says}
            onClick={() => chooseTab(t.name, true)}
          >
            {t.words}
          </button>
        ))}
      </div>
    </aside>
  );
}
