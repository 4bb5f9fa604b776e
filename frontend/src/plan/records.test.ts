import { describe, expect, it } from "vitest";
import { fieldWords } from "./field_words";
import { type Around, type Part_, KINDS, changed, kindOf } from "./records";
import { refusalWords } from "./list_part";
import { type PlanSchema, fieldsOf } from "./schema";

const near: Around = {
  choices: {
    fluids: [{ name: "saline", label: "saline 0.9 %" }],
    warmers: [
      { name: "catheter", label: "catheter", place: "lumen", temperature_c: 43, least_c: 38, most_c: 43, radius_mm: 4, least_radius_mm: 3, most_radius_mm: 5, assumed: [] },
      { name: "bag", label: "warm bag", place: "skin", temperature_c: 39, least_c: 38, most_c: 40, radius_mm: 50, least_radius_mm: 20, most_radius_mm: 100, assumed: [] },
    ],
    sprays: [
      { name: "spray", label: "spray", vents: true, radius_mm: 10, least_radius_mm: 2.5, most_radius_mm: 15, assumed: [] },
      { name: "disc", label: "disc", vents: false, radius_mm: 9.5, least_radius_mm: 1, most_radius_mm: 12, assumed: [] },
    ],
    deaths: [],
  },
  drawn: ["colon"],
  known: ["ureter"],
  cross: [1, 2, 3],
  today: "2026-11-22",
};

const schema: PlanSchema = {
  $defs: {
    Pocket: {
      properties: {
        structure: { type: "string", description: "what is moved." },
        fluid: { type: "string", enum: ["saline", "co2"] },
        thickness_mm: { type: "number", minimum: 1, maximum: 40 },
        direction: { anyOf: [{ type: "array", prefixItems: [{}, {}, {}] }, { type: "null" }] },
        thins_to_mm: { anyOf: [{ type: "number" }, { type: "null" }], minimum: 0 },
      },
    },
    Vessel: { properties: { line_mm: { type: "array", items: { type: "array", prefixItems: [{}, {}, {}] } }, cycles: { type: "integer" }, walls: { type: "boolean" } } },
  },
  properties: { probes: { type: "array", items: {} }, vent: { type: "string", enum: ["", "active"] } },
};

describe("fields", () => {
  it("are told by the plan's schema, with kind, bounds and whether they may be left out", () => {
    expect(fieldsOf(schema, "Pocket")).toEqual([
      { name: "structure", kind: "text", maybe: false, says: "What is moved." },
      { name: "fluid", kind: "choice", maybe: false, says: "", options: ["saline", "co2"] },
      { name: "thickness_mm", kind: "number", maybe: false, says: "", least: 1, most: 40 },
      { name: "direction", kind: "point", maybe: true, says: "" },
      { name: "thins_to_mm", kind: "number", maybe: true, says: "", least: 0 },
    ]);
    expect(fieldsOf(schema, "Vessel").map((f) => f.kind)).toEqual(["points", "whole", "yes"]);
  });

  it("of the plan itself are those that have no editor of their own", () => {
    expect(fieldsOf(schema, "").map((f) => f.name)).toEqual(["vent"]);
  });

  it("have the unit that their name holds, or one that people use", () => {
    expect(fieldWords("Pocket", "thickness_mm")).toMatchObject({ label: "Thickness", unit: "mm", per: 1 });
    expect(fieldWords("Vessel", "speed_m_s")).toMatchObject({ unit: "cm/s", per: 0.01 });
    expect(fieldWords("Warming", "duration_s")).toMatchObject({ unit: "min", per: 60, none: "until the end" });
    expect(fieldWords("Spot", "new_thing_c")).toMatchObject({ label: "New thing", unit: "°C" });
  });
});

describe("a new one of a list", () => {
  it("begins at the structure nearest its limit, or where the planes cross, and is said in words", () => {
    expect(kindOf("pockets").fresh(near)).toMatchObject({ structure: "colon", thickness_mm: 10 });
    expect(kindOf("spots").fresh(near)).toMatchObject({ applicator: "disc", centre_mm: [1, 2, 3] });
    for (const kind of KINDS) expect(kind.said(kind.fresh(near), near)).not.toMatch(/undefined|NaN|null|\[object/);
    expect(kindOf("pockets").said({ structure: "colon", fluid: "saline", thickness_mm: 12, start_c: 20 }, near)).toBe(
      "12 mm of saline 0.9 % at 20 °C between colon and the target",
    );
    expect(kindOf("vessels").said({ structure: "renal_vein", share: 0 }, near)).toBe("renal vein: clamped");
  });
});

describe("a change", () => {
  const bag: Part_ = { warmer: "bag", centre_mm: [9, 9, 9], radius_mm: 60, temperature_c: 40 };
  it("of a warmer's card takes its place and settings along, and shows only its fields", () => {
    const [kind, catheter] = [kindOf("warmers"), changed(kindOf("warmers"), bag, { warmer: "catheter" }, near)];
    expect(catheter).toEqual({ warmer: "catheter", structure: "colon", centre_mm: null, radius_mm: null, temperature_c: null });
    expect(changed(kind, catheter, { warmer: "bag" }, near)).toMatchObject({ structure: "", centre_mm: [1, 2, 3] });
    expect([kind.has!("radius_mm", bag, near), kind.has!("structure", bag, near), kind.has!("structure", catheter, near)]).toEqual([true, false, true]);
    expect(kind.bounds!({ name: "temperature_c", kind: "number", maybe: true, says: "" }, bag, near)).toMatchObject({ least: 38, most: 40 });
  });

  it("leaves a vessel either a structure or a line with a width", () => {
    const kind = kindOf("vessels");
    const line = changed(kind, { structure: "vein", share: 1 }, { structure: "" }, near);
    expect(line).toMatchObject({ structure: "", diameter_mm: 6 });
    expect(line["line_mm"]).toHaveLength(2);
    expect(changed(kind, line, { structure: "vein" }, near)).toMatchObject({ structure: "vein", line_mm: [] });
  });

  it("leaves a limit either a temperature or a distance", () => {
    const kind = kindOf("limits");
    expect(changed(kind, { stop_mm: 5, alarm_c: 10 }, { stop_c: 4 }, near)).toMatchObject({ stop_mm: null, stop_c: 4, alarm_c: 10 });
    expect(changed(kind, { stop_mm: 5, stop_c: null }, { stop_c: null }, near)).toMatchObject({ stop_mm: 5 });
    expect(changed(kind, { stop_mm: 5 }, { structure: "colon" }, near)).toEqual({ stop_mm: 5, structure: "colon" });
  });

  it("that is refused names its field, or what it is of", () => {
    const [vessel, limit] = [kindOf("vessels"), kindOf("limits")];
    expect(refusalWords(vessel, { where: "Vessel.diameter_mm", what: "is needed.", remedy: "Give it in mm." })).toBe("Diameter: is needed. Give it in mm.");
    expect(refusalWords(limit, { where: "Plan.limits, bowel", what: "changes nothing.", remedy: "" })).toBe("This limit changes nothing.");
  });

  it("puts a thaw between two freezes", () => {
    expect(changed(kindOf("spots"), { thaw_s: 0, cycles: 1 }, { cycles: 2 }, near)).toMatchObject({ cycles: 2, thaw_s: 60 });
    expect(changed(kindOf("spots"), { thaw_s: 30, cycles: 1 }, { cycles: 2 }, near)).toMatchObject({ thaw_s: 30 });
  });
});
