import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { cold, dragged, results, saved } from "../state/desk";
import type { PlanDocument, Results } from "./types";
import { LiveLink, previewRefused, sameIce } from "./live";
import { EMPTY } from "../state/fake_server";

class FakeSocket {
  static OPEN = 1;
  static all: FakeSocket[] = [];
  readyState = 0;
  sent: { seq: number; probes: { tip_mm: number[] }[] }[] = [];
  onopen = () => {};
  onmessage = (_: { data: unknown }) => {};
  onclose = () => {};
  constructor() {
    FakeSocket.all.push(this);
  }
  send(text: string) {
    this.sent.push(JSON.parse(text));
  }
  close() {}
  opens() {
    this.readyState = 1;
    this.onopen();
  }
  answers(seq: number, margin = 5) {
    const text = JSON.stringify({
      shape: [1, 1, 1], affine: [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]], dtype: "int16", scale: 0.01,
      offset: 0, quantity: "degC", seq, by: "carried", carried_mm: 1, seconds: 0.02, numbers: { margin_min_mm: margin },
    }); // prettier-ignore
    const head = text.padEnd(Math.ceil((text.length + 4) / 8) * 8 - 4);
    const bytes = new Uint8Array(4 + head.length + 2);
    new DataView(bytes.buffer).setUint32(0, head.length, true);
    bytes.set(new TextEncoder().encode(head), 4);
    this.onmessage({ data: bytes.buffer });
  }
}

const at = (x: number): PlanDocument => ({ ...EMPTY, probes: [{ ...EMPTY.probes[0]!, tip_mm: [x, 0, 0] }] });
const run = (status: string) => ({ run: { status, key: "k" } }) as unknown as Results;
let link: LiveLink;
let socket: FakeSocket;

beforeEach(() => {
  vi.stubGlobal("WebSocket", FakeSocket);
  vi.stubGlobal("location", { protocol: "http:", host: "here" });
  vi.stubGlobal("window", globalThis);
  FakeSocket.all = [];
  cold.value = null;
  dragged.value = at(0);
  results.value = run("stale");
  link = new LiveLink("c");
  socket = FakeSocket.all[0]!;
});
afterEach(() => link.close());

test("of positions that wait only the newest goes out", () => {
  for (let x = 1; x <= 5; x++) link.send(at(x));
  socket.opens();
  expect(socket.sent.map((s) => s.probes[0]!.tip_mm[0])).toEqual([5]);
});

test("two wishes are out at most, and an answer lets the newest go", () => {
  socket.opens();
  for (let x = 1; x <= 6; x++) link.send(at(x));
  expect(socket.sent.map((s) => s.seq)).toEqual([1, 2]);
  socket.answers(2);
  expect(socket.sent.map((s) => s.seq)).toEqual([1, 2, 6]);
});

test("an answer that comes late, behind a newer one, is not shown", () => {
  socket.opens();
  link.send(at(1));
  link.send(at(2));
  socket.answers(2, 7);
  socket.answers(1, 3);
  expect(cold.value?.strip?.margin_min_mm).toBe(7);
});

test("after the drop a preview is shown only of the plan as saved, and only until its run is there", () => {
  socket.opens();
  link.send(at(1));
  dragged.value = null;
  saved.value = { plan: at(2) } as never;
  socket.answers(1);
  expect(cold.value).toBeNull();
  link.send(at(2));
  socket.answers(2);
  expect(cold.value?.source).toBe("preview");
  cold.value = null;
  results.value = run("valid");
  link.send(at(2));
  socket.answers(3);
  expect(cold.value).toBeNull();
});

test("a refusal is told, and what was shown stays", () => {
  socket.opens();
  link.send(at(1));
  socket.answers(1);
  link.send(at(2));
  socket.onmessage({ data: JSON.stringify({ seq: 2, error: { code: "plan", what: "too deep", where: "", remedy: "" } }) });
  expect(previewRefused.value?.what).toBe("too deep");
  expect(cold.value?.source).toBe("preview");
});

test("plans freeze alike where only words differ", () => {
  expect(sameIce(at(1), { ...at(1), review: "accepted" })).toBe(true);
  expect(sameIce(at(1), at(1.01))).toBe(false);
});
