/** What a person must decide before the page goes on: which of two changes stands, and what to do with a refused one. */
import { Conflict } from "./conflict";
import { Refusal } from "./refusal";

export function Asked() {
  return (
    <>
      <Refusal />
      <Conflict />
    </>
  );
}
