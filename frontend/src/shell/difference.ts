/** Where two plans differ, in words: "probes[1].tip_mm" is "Needle 2, tip (mm)". */
const WORDS: Record<string, string> = {
  probes: "needle",
  goals: "goal",
  steps: "step",
  protocol: "protocol",
  tip_mm: "tip (mm)",
  entry_mm: "entry (mm)",
  probe: "kind",
  duration_s: "length (s)",
  start_s: "start (s)",
  active_mm: "active length (mm)",
  pull_back_mm: "pull back (mm)",
  bone_access: "way through bone",
  margin_mm: "margin (mm)",
  distance_mm: "distance (mm)",
  below: "below (°C)",
  above: "above (°C)",
};

export function whereInWords(path: string): string {
  const parts = path.replace(/^\$?[./]?/, "").split(/[./]|(?=\[)/).filter(Boolean);
  const words: string[] = [];
  for (const part of parts) {
    const number = /^\[?(\d+)\]?$/.exec(part);
    if (number && words.length) words[words.length - 1] += ` ${Number(number[1]) + 1}`;
    else words.push(WORDS[part] ?? part.replaceAll("_", " "));
  }
  const text = words.join(", ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** A value short enough for a cell. */
export function shortly(value: unknown): string {
  if (value === null || value === undefined || value === "") return "none";
  if (typeof value === "number") return String(Math.round(value * 100) / 100).replace("-", "−");
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (Array.isArray(value)) return value.map(shortly).join(", ");
  if (typeof value === "object")
    return Object.entries(value)
      .filter(([, v]) => v !== null && v !== "")
      .map(([k, v]) => `${WORDS[k] ?? k.replaceAll("_", " ")} ${shortly(v)}`)
      .join("; ");
  return String(value);
}
