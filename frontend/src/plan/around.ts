/** What a new pocket, warmer or spot is made from: the case's names, cards, and where the planes cross. */
import { cross, openCase, results } from "../state/desk";
import type { Around } from "./records";
import { choices, pack } from "./reference";

/** Null until the cards are here. The structure nearest to its limit comes first, then what a person drew. */
export function around(): Around | null {
  const [info, cards] = [openCase.value, choices.value];
  if (!info || !cards) return null;
  const nearest = results.value?.strip?.nearest?.name;
  const limited = (pack.value?.limits ?? []).map((l) => l.structure);
  // Skin comes last: it is near every way in, and is neither moved nor filled.
  const rank = (row: { name: string; kind: string }): number =>
    row.name === "skin" ? 4 : row.name === nearest ? 0 : row.kind !== "label" ? 1 : limited.includes(row.name) ? 2 : 3;
  const rows = info.structures.filter((s) => !s.target).sort((a, b) => rank(a) - rank(b));
  const drawn = rows.map((s) => s.name);
  const packs = [...limited, ...(pack.value?.expected ?? [])];
  return {
    choices: cards,
    drawn,
    known: [...new Set(packs)].filter((name) => !drawn.includes(name)),
    cross: cross.peek().map((v) => Math.round(v * 10) / 10) as unknown as Around["cross"],
    today: new Date().toISOString().slice(0, 10),
  };
}

/** Names that goals and limits may speak of: the target, what is drawn, and what the pack knows. */
export function structureNames(): string[] {
  const found = around();
  return found ? [...new Set(["tumour", ...found.drawn, ...found.known])] : ["tumour"];
}
