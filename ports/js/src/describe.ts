import { isWellFormed, takeInteger } from "./bytes.js";
import { Refused } from "./errors.js";
import { parseJson } from "./jsontext.js";
import { NESTING_MAX, U32_MAX, VALUES_MAX } from "./limits.js";
import type { FieldNode, Node, VariantNode } from "./types.js";

/** A payload type in the form that other languages print (Section 7.7). */
export interface Description {
  readonly major: number;
  readonly minor: number;
  readonly node: Node;
}

const SIMPLE = new Set([
  "bool", "u8", "u16", "u32", "u64", "u128", "i8", "i16", "i32", "i64", "i128",
  "f32", "f64", "char", "str", "bytes", "unit",
]);

type Json = Readonly<Record<string, unknown>>;

/** A type that encloses the one at hand and can be referred to. */
interface Enclosing {
  readonly name: string;
  node?: Node;
}

/**
 * Reads a description. In an object that somebody else has parsed, members that were there twice
 * and numbers written as 1.0 can no longer be seen; a text with them is refused.
 */
export function parseDescription(description: unknown): Description {
  let json = description;
  if (typeof description === "string") {
    json = parseJson(description);
    if (json === undefined) {
      fail("not JSON, or with a member twice, or with a number that is not a whole one");
    }
  }
  const { schema, payload } = members(json, "the description", ["schema", "payload"]);
  if (!Array.isArray(schema) || schema.length !== 2) fail("schema must be [major, minor]");
  const [major, minor] = schema as [unknown, unknown];
  return {
    major: takeInteger(major, "payload description: major", 0, U32_MAX),
    minor: takeInteger(minor, "payload description: minor", 0, U32_MAX),
    node: parseType(payload, [], 1),
  };
}

function parseType(json: unknown, enclosing: readonly Enclosing[], depth: number): Node {
  if (typeof json === "string") {
    if (!SIMPLE.has(json)) fail("unknown type");
    return { kind: json } as Node;
  }
  if (depth > NESTING_MAX) fail(`nested deeper than ${NESTING_MAX}`);
  const inner = (type: unknown, of = enclosing): Node => parseType(type, of, depth + 1);
  const list = (types: unknown, of = enclosing): Node[] =>
    array(types).map((type) => inner(type, of));
  const kind = isObject(json) ? json["kind"] : undefined;
  const take = <N extends string>(...names: N[]): Record<"kind" | N, unknown> =>
    members(json, `a type of kind ${String(kind)}`, ["kind", ...names]);

  switch (kind) {
    case "option":
    case "seq":
      return { kind, of: inner(take("of").of) };
    case "map": {
      const { key, value } = take("key", "value");
      return { kind, key: inner(key), of: inner(value) };
    }
    case "array": {
      const { of, len } = take("of", "len");
      const length = takeInteger(len, "payload description: len", 0, VALUES_MAX);
      return { kind, of: inner(of), length };
    }
    case "tuple":
      return { kind, items: list(take("of").of) };
    case "unit-struct":
      text(take("name").name);
      return { kind: "unit" };
    case "newtype": {
      const { name, of } = take("name", "of");
      return named(name, enclosing, (within, own) => ({ kind, name: own, of: inner(of, within) }));
    }
    case "tuple-struct": {
      const { name, of } = take("name", "of");
      return named(name, enclosing, (within) => ({ kind: "tuple", items: list(of, within) }));
    }
    case "struct": {
      const { name, fields } = take("name", "fields");
      return named(name, enclosing, (within, own) => ({
        kind,
        name: own,
        fields: parseFields(fields, (type) => inner(type, within)),
      }));
    }
    case "enum": {
      const { name, variants } = take("name", "variants");
      return named(name, enclosing, (within, own) => ({
        kind,
        name: own,
        variants: parseVariants(variants, (type) => inner(type, within)),
      }));
    }
    case "ref":
      return reference(take("name", "nth"), enclosing);
    default:
      return fail("unknown kind of type");
  }
}

function named(
  name: unknown,
  enclosing: readonly Enclosing[],
  build: (within: readonly Enclosing[], name: string) => Node,
): Node {
  const own: Enclosing = { name: text(name) };
  const node = build([own, ...enclosing], own.name);
  own.node = node;
  refuseEndless(node);
  return node;
}

/** A type that is nothing but itself has no encoding, and resolving it would never end. */
function refuseEndless(start: Node): void {
  const seen = new Set<Node>();
  let node: Node | undefined = start;
  while (node?.kind === "newtype" || node?.kind === "lazy") {
    if (seen.has(node)) fail("a newtype that wraps itself");
    seen.add(node);
    node = node.kind === "newtype" ? node.of : (node as Reference).target();
  }
}

/** A lazy node that can be looked at before the type it refers to is complete. */
type Reference = Extract<Node, { kind: "lazy" }> & { target: () => Node | undefined };

function reference(json: { name: unknown; nth: unknown }, enclosing: readonly Enclosing[]): Node {
  const name = text(json.name);
  const nth = takeInteger(json.nth, "payload description: nth", 1, U32_MAX);
  const target = enclosing.filter((candidate) => candidate.name === name)[nth - 1];
  if (target === undefined) return fail("a ref without the type it refers to");
  const node: Reference = {
    kind: "lazy",
    get: () => target.node as Node,
    target: () => target.node,
  };
  return node;
}

function parseFields(json: unknown, inner: (type: unknown) => Node): FieldNode[] {
  const fields = array(json).map((field) => {
    const { name, type } = members(field, "a field", ["name", "type"]);
    return { name: text(name), node: inner(type) };
  });
  refuseRepeated(fields.map((field) => field.name), "field");
  return fields;
}

function parseVariants(json: unknown, inner: (type: unknown) => Node): VariantNode[] {
  const variants = array(json).map((variant): VariantNode => {
    const extra = ["newtype", "tuple", "fields"].filter((name) => isObject(variant) && name in variant);
    if (extra.length > 1) fail("a variant with two contents");
    const given = members(variant, "a variant", ["index", "name", ...extra]);
    const index = takeInteger(given["index"], "payload description: index", 0, U32_MAX);
    return { index, name: text(given["name"]), content: contentOf(given, extra[0], inner) };
  });
  refuseRepeated(variants.map((variant) => variant.name), "variant");
  refuseRepeated(variants.map((variant) => variant.index), "variant");
  return variants;
}

function contentOf(
  given: Json,
  member: string | undefined,
  inner: (type: unknown) => Node,
): VariantNode["content"] {
  switch (member) {
    case undefined:
      return { kind: "none" };
    case "newtype":
      return { kind: "one", node: inner(given[member]) };
    case "tuple":
      return { kind: "items", items: array(given[member]).map(inner) };
    default:
      return { kind: "fields", fields: parseFields(given[member], inner) };
  }
}

/** The description of a type, as one line of JSON (Section 7.7). */
export function printDescription({ major, minor, node }: Description): string {
  return JSON.stringify({ schema: [major, minor], payload: printType(node, [], 0) });
}

/** Deeper than what a reader takes, since a lazy type is a step here and no level there. */
const DESCENT_MAX = 2 * NESTING_MAX + 1;

function printType(node: Node, enclosing: readonly NamedNode[], depth: number): unknown {
  // Types without a name can contain themselves only through names, or they cannot be described.
  if (depth > DESCENT_MAX) fail(`nested deeper than ${DESCENT_MAX}`);
  const inner = (of: Node): unknown => printType(of, enclosing, depth + 1);
  switch (node.kind) {
    case "option":
    case "seq":
      return { kind: node.kind, of: inner(node.of) };
    case "map":
      return { kind: "map", key: inner(node.key), value: inner(node.of) };
    case "array":
      return { kind: "array", of: inner(node.of), len: node.length };
    case "tuple":
      return { kind: "tuple", of: node.items.map(inner) };
    case "lazy":
      return inner(node.get());
    case "newtype":
    case "struct":
    case "enum": {
      const name = nameOf(node);
      const same = enclosing.filter((candidate) => nameOf(candidate) === name);
      if (same.includes(node)) return { kind: "ref", name, nth: same.indexOf(node) + 1 };
      return printNamed(node, (of) => printType(of, [node, ...enclosing], depth + 1));
    }
    default:
      return node.kind;
  }
}

type NamedNode = Extract<Node, { kind: "newtype" | "struct" | "enum" }>;

/** A description has no type without a name; readers in other languages show it to people. */
function nameOf({ kind, name }: NamedNode): string {
  return name === "" ? kind[0]?.toUpperCase() + kind.slice(1) : name;
}

function printNamed(node: NamedNode, inner: (of: Node) => unknown): unknown {
  const { kind } = node;
  const name = nameOf(node);
  if (kind === "newtype") return { kind, name, of: inner(node.of) };
  const fields = (list: readonly FieldNode[]): unknown[] =>
    list.map((field) => ({ name: field.name, type: inner(field.node) }));
  if (kind === "struct") return { kind, name, fields: fields(node.fields) };
  const variants = node.variants.map(({ index, name: variant, content }) => ({
    index,
    name: variant,
    ...(content.kind === "one" && { newtype: inner(content.node) }),
    ...(content.kind === "items" && { tuple: content.items.map(inner) }),
    ...(content.kind === "fields" && { fields: fields(content.fields) }),
  }));
  return { kind, name, variants };
}

function members<N extends string>(json: unknown, what: string, names: readonly N[]): Record<N, unknown> {
  const given = isObject(json) ? Object.keys(json) : [];
  if (given.length !== names.length || !names.every((name) => given.includes(name))) {
    fail(`${what} must have the members ${names.join(", ")} and no other`);
  }
  return json as Record<N, unknown>;
}

function refuseRepeated(values: readonly (string | number)[], what: string): void {
  if (new Set(values).size !== values.length) fail(`a ${what} is there twice`);
}

function array(json: unknown): unknown[] {
  return Array.isArray(json) ? json : fail("a list is missing");
}

function text(json: unknown): string {
  if (typeof json !== "string" || json === "") return fail("a name is missing or empty");
  return isWellFormed(json) ? json : fail("a name is not valid Unicode");
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function fail(what: string): never {
  throw new Refused(`payload description: ${what}`);
}
