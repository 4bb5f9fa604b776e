/** Goals as people say them. */
import type { Goal } from "../api/types";
import { celsius, minus, percent } from "../shell/words";

const named = (structure: string): string => (structure === "tumour" ? "the target" : structure.replaceAll("_", " "));
const mm = (value: number): string => `${minus(String(value))} mm`;

export const QUANTITIES: { quantity: string; words: string; unit: string }[] = [
  { quantity: "volume_ml.0", words: "Ice (0 °C)", unit: "ml" },
  { quantity: "volume_ml.-20", words: "Volume at −20 °C", unit: "ml" },
  { quantity: "volume_ml.-40", words: "Volume at −40 °C", unit: "ml" },
  { quantity: "needles", words: "Needles", unit: "" },
];

export function goalWords(goal: Goal): string {
  switch (goal.kind) {
    case "cover": {
      const share = (goal.fraction ?? 1) < 1 ? `${percent(goal.fraction!)} of ` : "";
      const margin = goal.margin_mm ? ` and ${mm(goal.margin_mm)} around it` : "";
      const face = goal.capsule === false ? ", no margin asked at its organ's capsule" : "";
      return `${celsius(goal.below)} covers ${share}${named(goal.structure)}${margin}${face}`;
    }
    case "spare": {
      const near = goal.distance_mm ? `within ${mm(goal.distance_mm)} of ${named(goal.structure)}` : `in ${named(goal.structure)}`;
      return `Nothing below ${celsius(goal.above ?? 0)} ${near}`;
    }
    case "limit": {
      const of = QUANTITIES.find((q) => q.quantity === goal.quantity);
      return `${of?.words ?? goal.quantity} at most ${goal.at_most}${of?.unit ? ` ${of.unit}` : ""}`;
    }
    case "treat": {
      const often = (goal.cycles ?? 1) > 1 ? `, frozen ${goal.cycles} times` : "";
      return `${celsius(goal.below ?? 0)} down to ${mm(goal.depth_mm ?? 0)} below ${(goal.fraction ?? 1) < 1 ? `${percent(goal.fraction!)} of ` : ""}the target's open surface${often}`;
    }
  }
}

/** A goal of one kind to begin with; a person sets its numbers. */
export function newGoal(kind: Goal["kind"], structures: readonly string[]): Goal {
  const spare = structures.find((s) => s !== "tumour") ?? "skin";
  switch (kind) {
    case "cover":
      return { kind, structure: "tumour", below: -20, margin_mm: 0, fraction: 1 };
    case "spare":
      return { kind, structure: spare, above: 0, distance_mm: 0 };
    case "limit":
      return { kind, quantity: "volume_ml.0", at_most: 100 };
    case "treat":
      return { kind, below: 0, depth_mm: 3, cycles: 2, fraction: 1 };
  }
}
