import { minus } from "../shell/words";

/** An angle, signed where the sign means something. */
export const degrees = (value: number): string => `${value >= 0.5 ? "+" : ""}${minus(value.toFixed(0)).replace(/^−0$/, "0")}°`;
