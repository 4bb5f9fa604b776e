/** Which findings of `check` belong to which needle. */
import type { Finding, Needle } from "../api/types";

const nameOf = (probes: readonly Needle[], at: number): string => probes[at]!.name || `needle ${at + 1}`;

function isOf(finding: Finding, probes: readonly Needle[], at: number): boolean {
  if (new RegExp(`(probes\\[${at}\\]|probes\\.${at}\\b)`).test(finding.where)) return true;
  const name = nameOf(probes, at);
  const text = `${finding.where} ${finding.what}`;
  return new RegExp(`(^|[^\\w])${name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}(?![\\w])`).test(text);
}

export const findingsOf = (found: readonly Finding[], probes: readonly Needle[], at: number): Finding[] =>
  found.filter((f) => isOf(f, probes, at));

/** Findings that belong to no needle. */
export const findingsElse = (found: readonly Finding[], probes: readonly Needle[]): Finding[] =>
  found.filter((f) => !probes.some((_, i) => isOf(f, probes, i)));

/** Findings of one of a list of the plan: "warmers[0]", "Plan.pockets[1].thickness_mm", "spot 2: centre_mm". */
export function findingsOfOne(all: readonly Finding[], key: string, at: number, name: string): Finding[] {
  return all.filter((f) => f.where.includes(`${key}[${at}]`) || (name !== "" && (f.where === name || f.where.startsWith(`${name}:`))));
}
