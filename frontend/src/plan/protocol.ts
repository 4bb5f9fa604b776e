/** Changes of a protocol, and how people say one. */
import type { Step } from "../api/types";
import { minus } from "../shell/words";

export const KINDS: { kind: Step["kind"]; words: string; says: string }[] = [
  { kind: "freeze", words: "Freeze", says: "Cryogen on." },
  { kind: "thaw", words: "Thaw", says: "Passive: the needle is left alone." },
  { kind: "active_thaw", words: "Active thaw", says: "The needle is heated to its card's thaw temperature." },
  { kind: "hold", words: "Hold", says: "Cryogen on at a reduced duty: keeps the ice where it is." },
];
export const kindWords = (kind: string): string => KINDS.find((k) => k.kind === kind)?.words ?? kind;

export const total = (steps: readonly Step[]): number => steps.reduce((sum, s) => sum + s.duration_s, 0);
export const minutes = (seconds: number): string => `${minus(String(Math.round((seconds / 60) * 100) / 100))} min`;

export function inWords(steps: readonly Step[]): string {
  if (!steps.length) return "no steps";
  return steps
    .map((s) => {
      const duty = s.duty !== undefined && s.duty < 1 ? ` at ${Math.round(s.duty * 100)} %` : "";
      return `${kindWords(s.kind).toLowerCase()} ${minutes(s.duration_s)}${duty}`;
    })
    .join(" – ");
}

export const withStep = (steps: readonly Step[], at: number, change: Partial<Step>): Step[] =>
  steps.map((s, i) => (i === at ? tidy({ ...s, ...change }) : s));

/** A thaw has no duty; a hold has one below full. */
function tidy(step: Step): Step {
  if (step.kind === "thaw" || step.kind === "active_thaw") return { ...step, duty: 1 };
  if (step.kind === "hold" && (step.duty ?? 1) === 1) return { ...step, duty: 0.4 };
  return step;
}

/** One more step: a thaw behind cold, a freeze behind a thaw. */
export function withMore(steps: readonly Step[]): Step[] {
  const last = steps.at(-1);
  const cold = last?.kind === "freeze" || last?.kind === "hold";
  const like = steps.findLast((s) => s.kind === (cold ? "thaw" : "freeze"));
  return [...steps, { kind: cold ? "thaw" : "freeze", duration_s: like?.duration_s ?? (cold ? 480 : 600), duty: 1 }];
}

export const withoutStep = (steps: readonly Step[], at: number): Step[] => steps.filter((_, i) => i !== at);

export const sameSteps = (a: readonly Step[], b: readonly Step[]): boolean =>
  a.length === b.length &&
  a.every((s, i) => s.kind === b[i]!.kind && s.duration_s === b[i]!.duration_s && (s.duty ?? 1) === (b[i]!.duty ?? 1));
