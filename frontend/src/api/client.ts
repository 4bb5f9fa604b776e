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

/** A box; of one whose size the server tells, `came` hears which part of it (0 to 1) is here. */
export async function fetchBox(path: string, signal?: AbortSignal, came?: (part: number) => void): Promise<Box> {
  const answer = await send(path, signal ? { signal } : {});
  const size = answer.headers.has("Content-Encoding") ? 0 : Number(answer.headers.get("Content-Length"));
  return readBox(came && size && answer.body ? await whole(answer.body, size, came) : await answer.arrayBuffer());
}

/** What flows in, gathered in one piece of memory. */
async function whole(body: ReadableStream<Uint8Array>, size: number, came: (part: number) => void): Promise<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  const reader = body.getReader();
  let here = 0;
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    bytes.set(next.value, here);
    here += next.value.length;
    came(here / size);
  }
  return bytes.buffer;
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
