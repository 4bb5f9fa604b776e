/** Cards, protocols and packs: the same for every case, so asked for once. */
import { effect, signal } from "@preact/signals";
import { ask } from "../api/client";
import type { Card, Choices, PackShown, Preset } from "../api/types";
import { openCase } from "../state/desk";
import { server } from "../state/link";
import type { PlanSchema } from "./schema";

export const cards = signal<Card[] | null>(null);
export const presets = signal<Preset[] | null>(null);
/** The pack of the open case's organ; null while unknown, or where the case names no organ. */
export const pack = signal<PackShown | null>(null);

/** What fields of a plan may name, and the fields themselves. */
export const choices = signal<Choices | null>(null);
export const schema = signal<PlanSchema | null>(null);

export const cardOf = (name: string): Card | undefined => cards.value?.find((c) => c.name === name);

effect(() => {
  if (server.value !== "here") return;
  if (!cards.peek()) void ask<Card[]>("/probes").then((found) => (cards.value = found), () => undefined);
  if (!choices.peek()) void ask<Choices>("/choices").then((found) => (choices.value = found), () => undefined);
  if (!schema.peek()) void ask<PlanSchema>("/schemas/plan").then((found) => (schema.value = found), () => undefined);
  if (!presets.peek()) void ask<Preset[]>("/protocols").then((found) => (presets.value = found), () => undefined);
});

effect(() => {
  const organ = openCase.value?.organ ?? "";
  if (pack.peek()?.name === organ) return;
  pack.value = null;
  if (organ)
    void ask<PackShown>(`/packs/${encodeURIComponent(organ)}`).then(
      (found) => {
        if (openCase.value?.organ === organ) pack.value = found;
      },
      () => undefined,
    );
});
