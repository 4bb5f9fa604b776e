/** The page's ear at the server: events while it is there, and trying again while it is gone. */
import { signal } from "@preact/signals";
import type { Event } from "../api/types";

/** "here" once events arrive, "gone" when the server went away; "waiting" before the first answer. */
export const server = signal<"waiting" | "here" | "gone">("waiting");

const FIRST_WAIT_MS = 400;
const LONGEST_WAIT_MS = 4000;

/** Listen for events until `stop`; `came` is called whenever the server is there (again). */
export function listen(heard: (event: Event) => void, came: () => void): { stop: () => void } {
  let socket: WebSocket | null = null;
  let wait = FIRST_WAIT_MS;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stopped = false;

  const open = () => {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    socket = new WebSocket(`${scheme}://${location.host}/api/events`);
    socket.onopen = () => {
      wait = FIRST_WAIT_MS;
      server.value = "here";
      came();
    };
    socket.onmessage = (message) => heard(JSON.parse(message.data as string) as Event);
    socket.onclose = () => {
      if (stopped) return;
      server.value = "gone";
      timer = setTimeout(open, wait);
      wait = Math.min(wait * 2, LONGEST_WAIT_MS);
    };
  };
  open();
  return {
    stop: () => {
      stopped = true;
      clearTimeout(timer);
      socket?.close();
    },
  };
}
