/** Colours of what lies on the image: those of look/tokens.css, read once. They are the same in both themes. */
const kept = new Map<string, string>();

export function token(name: string): string {
  let value = kept.get(name);
  if (value === undefined) {
    value = getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim() || "#ffffff";
    kept.set(name, value);
  }
  return value;
}

export interface Isotherm {
  celsius: number;
  words: string;
  token: string;
  dash: number[];
}
/** Predicted isotherms are dashed, each in its own way, so that a grey screen can still be read. */
export const ISOTHERMS: Isotherm[] = [
  { celsius: 0, words: "0 °C", token: "isotherm-0", dash: [10, 4] },
  { celsius: -20, words: "−20 °C", token: "isotherm-20", dash: [5, 3] },
  { celsius: -40, words: "−40 °C", token: "isotherm-40", dash: [2, 2.5] },
];
