/** The server's doors, one function each. A refusal is thrown as ServerRefusal and says what, where and what to do. */
import { type Box, readBox } from "./box";
import type { Conflict, PlanTold, Refusal } from "./types";

export class ServerRefusal extends Error {
  constructor(
    readonly status: number,
    readonly refusal: Refusal,
    readonly conflict: Conflict | null = null,
  ) {
    super(`${refusal.where ? `${refusal.where}: ` : ""}${refusal.what} ${refusal.remedy}`.trim());
  }
}

/** Ask the server. `path` begins behind /api; parts that come from names must be passed through `encodeURIComponent`. */
export async function ask<T>(path: string, init: RequestInit = {}): Promise<T> {
  const answer = await send(path, init);
  return (answer.status === 204 ? undefined : await answer.json()) as T;
}

export const post = <T>(path: string, body: unknown = {}): Promise<T> =>
  ask<T>(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

export const remove = <T>(path: string): Promise<T> => ask<T>(path, { method: "DELETE" });

export async function fetchBox(path: string, signal?: AbortSignal): Promise<Box> {
  return readBox(await (await send(path, signal ? { signal } : {})).arrayBuffer());
}

/** Write a plan that was made from `revision`; a ServerRefusal of status 412 carries the conflict. */
export const putPlan = (id: string, revision: number, plan: unknown, what: string): Promise<PlanTold> =>
  ask<PlanTold>(`/cases/${encodeURIComponent(id)}/plan`, {
    method: "PUT",
    headers: { "Content-Type": "application/json", "If-Match": `"${revision}"` },
    body: JSON.stringify({ plan, what }),
  });

async function send(path: string, init: RequestInit): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(`/api${path}`, init);
  } catch {
    throw new ServerRefusal(0, {
      code: "unreachable",
      what: "The server does not answer.",
      where: "",
      remedy: "Is `iceball serve` still running? The page goes on by itself when it is back.",
    });
  }
  if (answer.ok) return answer;
  const told = (await answer.json().catch(() => null)) as Partial<Conflict> | null;
  const refusal = told?.error ?? {
    code: `http-${answer.status}`,
    what: `The server answered ${answer.status}.`,
    where: path,
    remedy: "Look at what `iceball serve` printed.",
  };
  throw new ServerRefusal(answer.status, refusal, answer.status === 412 ? (told as Conflict) : null);
}
