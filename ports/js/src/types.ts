import { takeInteger } from "./bytes.js";
import { Refused } from "./errors.js";
import { VALUES_MAX } from "./limits.js";

/**
 * The type of a structured payload (Section 7.5). `T` is the JavaScript value it stands for:
 *
 * - integers up to 32 bits and floats are numbers, wider integers are bigints;
 * - `str` and `char` are strings, `bytes` is a Uint8Array, `unit` is null;
 * - `option` is null or the value, and `{ some: value }` where the value itself can be null;
 * - `seq`, `array` and `tuple` are arrays, `struct` is an object, a newtype is what it wraps;
 * - `map` is an object if its keys are `str`, else an array of [key, value];
 * - a variant of an enum is its name if it has no content, else an object with one member of that
 *   name: `"quit"`, `{ move: [1, 2] }`.
 */
export interface Type<T> {
  /** Carries T for the compiler; absent at run time. */
  readonly value?: T;
  /** How the type is built up. Use the builders of `t`. */
  readonly node: Node;
}

/** A field behind the last one of an older minor, with the value of tokens that lack it. */
export interface Appended<T> extends Type<T> {
  readonly fallback: unknown;
}

export type ValueOf<X> = X extends Type<infer T> ? T : never;

export type IntegerName =
  | "u8" | "u16" | "u32" | "u64" | "u128"
  | "i8" | "i16" | "i32" | "i64" | "i128";

export type Node =
  | { readonly kind: IntegerName | "bool" | "f32" | "f64" | "str" | "char" | "bytes" | "unit" }
  | { readonly kind: "option"; readonly of: Node }
  | { readonly kind: "seq"; readonly of: Node }
  | { readonly kind: "array"; readonly of: Node; readonly length: number }
  | { readonly kind: "newtype"; readonly of: Node; readonly name: string }
  | { readonly kind: "map"; readonly key: Node; readonly of: Node }
  | { readonly kind: "tuple"; readonly items: readonly Node[] }
  | { readonly kind: "struct"; readonly fields: readonly FieldNode[]; readonly name: string }
  | { readonly kind: "enum"; readonly variants: readonly VariantNode[]; readonly name: string }
  | { readonly kind: "lazy"; readonly get: () => Node };

export interface FieldNode {
  readonly name: string;
  readonly node: Node;
  readonly fallback?: { readonly value: unknown };
}

/** The content of a variant has no level of its own, so it is no tuple or struct node. */
export interface VariantNode {
  readonly index: number;
  readonly name: string;
  readonly content:
    | { readonly kind: "none" }
    | { readonly kind: "one"; readonly node: Node }
    | { readonly kind: "items"; readonly items: readonly Node[] }
    | { readonly kind: "fields"; readonly fields: readonly FieldNode[] };
}

type Fields = Readonly<Record<string, Type<unknown>>>;
type StructOf<F extends Fields> = { [K in keyof F]: ValueOf<F[K]> };
type TupleOf<I extends readonly Type<unknown>[]> = { [K in keyof I]: ValueOf<I[K]> };

/** What a variant of an enum holds: nothing, one value, several, or named ones. */
export type VariantContent = null | Type<unknown> | readonly Type<unknown>[] | { readonly fields: Fields };
type ContentOf<C> =
  C extends Type<infer T>
    ? T
    : C extends readonly Type<unknown>[]
      ? TupleOf<C>
      : C extends { readonly fields: infer F extends Fields }
        ? StructOf<F>
        : never;
type MapOf<K, V> = K extends string ? Record<string, V> : [K, V][];
type EnumOf<V extends Readonly<Record<string, VariantContent>>> = {
  [K in keyof V]: V[K] extends null ? K : { [N in K]: ContentOf<V[K]> };
}[keyof V];

const plain = <T>(kind: (Node & { fields?: never; of?: never })["kind"]): Type<T> => ({
  node: { kind } as Node,
});

/** Builders of payload types. The order of fields and variants is that of the declaration. */
export const t = {
  bool: plain<boolean>("bool"),
  u8: plain<number>("u8"),
  u16: plain<number>("u16"),
  u32: plain<number>("u32"),
  u64: plain<bigint>("u64"),
  u128: plain<bigint>("u128"),
  i8: plain<number>("i8"),
  i16: plain<number>("i16"),
  i32: plain<number>("i32"),
  i64: plain<bigint>("i64"),
  i128: plain<bigint>("i128"),
  f32: plain<number>("f32"),
  f64: plain<number>("f64"),
  str: plain<string>("str"),
  char: plain<string>("char"),
  bytes: plain<Uint8Array>("bytes"),
  unit: plain<null>("unit"),

  option: <T>(of: Type<T>): Type<T | null> => ({ node: { kind: "option", of: of.node } }),
  seq: <T>(of: Type<T>): Type<T[]> => ({ node: { kind: "seq", of: of.node } }),
  map: <K, V>(key: Type<K>, value: Type<V>): Type<MapOf<K, V>> => ({
    node: { kind: "map", key: key.node, of: value.node },
  }),
  tuple: <const I extends readonly Type<unknown>[]>(...items: I): Type<TupleOf<I>> => ({
    node: { kind: "tuple", items: items.map((item) => item.node) },
  }),
  /** An array of fixed length. */
  array: <T>(of: Type<T>, length: number): Type<T[]> => ({
    node: { kind: "array", of: of.node, length: takeInteger(length, "array length", 0, VALUES_MAX) },
  }),
  /** A struct around one unnamed value. Names matter for descriptions only. */
  newtype: <T>(of: Type<T>, name = ""): Type<T> => ({
    node: { kind: "newtype", of: of.node, name },
  }),
  struct: <F extends Fields>(fields: F, name = ""): Type<StructOf<F>> => ({
    node: { kind: "struct", fields: fieldNodes(fields), name },
  }),
  enum: <const V extends Readonly<Record<string, VariantContent>>>(
    variants: V,
    name = "",
  ): Type<EnumOf<V>> => ({
    node: { kind: "enum", variants: Object.entries(variants).map(variantNode), name },
  }),
  /** For types that contain themselves. */
  lazy: <T>(get: () => Type<T>): Type<T> => ({ node: { kind: "lazy", get: () => get().node } }),
  /** A field of the outermost struct that tokens of an older minor lack. */
  appended: <T>(type: Type<T>, fallback: T): Appended<T> => ({ node: type.node, fallback }),
};

function fieldNodes(fields: Fields): FieldNode[] {
  return Object.entries(fields).map(([name, type]) => ({
    name: checkName(name),
    node: type.node,
    ...("fallback" in type && { fallback: { value: (type as Appended<unknown>).fallback } }),
  }));
}

function variantNode([name, content]: [string, VariantContent], index: number): VariantNode {
  return { index, name: checkName(name), content: contentNode(content) };
}

function contentNode(content: VariantContent): VariantNode["content"] {
  if (content === null) return { kind: "none" };
  if (Array.isArray(content)) {
    return { kind: "items", items: content.map((item: Type<unknown>) => item.node) };
  }
  if ("fields" in content) return { kind: "fields", fields: fieldNodes(content.fields) };
  return { kind: "one", node: (content as Type<unknown>).node };
}

/** JavaScript moves members that look like numbers to the front, which would change the encoding. */
function checkName(name: string): string {
  if (/^[0-9]+$/.test(name) || name === "__proto__") throw new Refused(`payload type: a field named ${name}`);
  return name;
}

/** The node behind names that add nothing. */
export function resolve(node: Node): Exclude<Node, { kind: "lazy" }> {
  let current = node;
  for (let steps = 0; current.kind === "lazy"; steps++) {
    if (steps > IN_A_ROW_MAX) throw endless();
    current = current.get();
  }
  return current;
}

/** Newtypes around the outermost struct do not count (Section 7.4). */
export function outermost(node: Node): Node {
  return unwrap(node).inner;
}

/** The type within newtypes, and how many of them there are. */
export function unwrap(node: Node): { inner: Node; newtypes: number } {
  let inner = resolve(node);
  let newtypes = 0;
  for (; inner.kind === "newtype"; newtypes++) {
    if (newtypes > IN_A_ROW_MAX) throw endless();
    inner = resolve(inner.of);
  }
  return { inner, newtypes };
}

/** More than a description may nest; a type that is nothing but itself would go on for ever. */
const IN_A_ROW_MAX = 256;

function endless(): Refused {
  return new Refused("payload type: it is nothing but itself");
}

/** The types directly within one. */
export function parts(node: Node): readonly Node[] {
  switch (node.kind) {
    case "option":
    case "seq":
    case "array":
    case "newtype":
      return [node.of];
    case "map":
      return [node.key, node.of];
    case "tuple":
      return node.items;
    case "struct":
      return node.fields.map((field) => field.node);
    case "enum":
      return node.variants.flatMap(({ content }) => {
        if (content.kind === "one") return [content.node];
        if (content.kind === "items") return content.items;
        return content.kind === "fields" ? content.fields.map((field) => field.node) : [];
      });
    default:
      return [];
  }
}

/** Whether null can be a value of the type, so that an option of it needs a wrapper. */
export function isNullable(node: Node): boolean {
  const kind = outermost(node).kind;
  return kind === "option" || kind === "unit";
}

/** Sets a member of a plain object; an assignment to `__proto__` would change the object's class. */
export function setMember(object: Record<string, unknown>, name: string, value: unknown): void {
  if (name === "__proto__") {
    Object.defineProperty(object, name, { value, enumerable: true, writable: true, configurable: true });
  } else {
    object[name] = value;
  }
}
