/** What fields the parts of a plan have, as `iceball schema plan` publishes them: kind, bounds, and what they mean. */

export type FieldKind = "number" | "whole" | "text" | "yes" | "choice" | "point" | "points";

export interface FieldTold {
  name: string;
  kind: FieldKind;
  /** May be left out: null then. */
  maybe: boolean;
  least?: number;
  most?: number;
  options?: string[];
  /** What the field means, in a sentence. */
  says: string;
}

interface Node {
  type?: string;
  enum?: string[];
  anyOf?: Node[];
  items?: Node;
  prefixItems?: Node[];
  minimum?: number;
  maximum?: number;
  description?: string;
  properties?: Record<string, Node>;
}

export type PlanSchema = Node & { $defs: Record<string, Node> };

/** The plain fields of one part of the plan ("Pocket"; "" for the plan itself), in their order. What is made of other
 * parts (needles, goals) is left to its own editor. */
export function fieldsOf(schema: PlanSchema, part: string): FieldTold[] {
  const of = part ? schema.$defs[part] : schema;
  return Object.entries(of?.properties ?? {}).flatMap(([name, node]) => told(name, node));
}

function told(name: string, node: Node): FieldTold[] {
  const form = node.anyOf?.find((one) => one.type !== "null") ?? node;
  const kind = kindOf(node.enum ? { ...form, enum: node.enum } : form);
  if (!kind) return [];
  const field: FieldTold = { name, kind, maybe: !!node.anyOf?.some((one) => one.type === "null"), says: sentence(node.description ?? "") };
  if (node.minimum !== undefined) field.least = node.minimum;
  if (node.maximum !== undefined) field.most = node.maximum;
  if (node.enum) field.options = node.enum;
  return [field];
}

function kindOf(node: Node): FieldKind | null {
  if (node.enum) return "choice";
  if (node.type === "number") return "number";
  if (node.type === "integer") return "whole";
  if (node.type === "string") return "text";
  if (node.type === "boolean") return "yes";
  if (node.type !== "array") return null;
  if (node.prefixItems?.length === 3) return "point";
  return node.items?.prefixItems?.length === 3 ? "points" : null;
}

/** As a sentence of the page: what is None or "" in the file is an empty field here. */
const sentence = (words: string): string => (words.charAt(0).toUpperCase() + words.slice(1)).replace(/\bNone\b|""/g, "empty");
