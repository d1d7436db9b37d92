import { parseDescription, printDescription } from "./describe.js";
import { Refused } from "./errors.js";
import { takeBytes, takeInteger } from "./bytes.js";
import { PLAINTEXT_MAX, U32_MAX } from "./limits.js";
import { PayloadReader, Undecodable } from "./reader.js";
import { type FieldNode, type Node, parts, setMember, type Type, unwrap } from "./types.js";
import { encodeValue } from "./writer.js";

/** Payload bytes with the schema they were written in. */
export interface Content {
  readonly payload: Uint8Array;
  readonly major: number;
  readonly minor: number;
}

/** How the payload of a (purpose, audience) is read and written (Section 7.3). */
export interface PayloadType<T> {
  /** Undefined if the bytes or their schema do not fit. Must not throw. */
  read(content: Content): { readonly value: T; readonly readOnly: boolean } | undefined;
  /** The value in the newest schema. */
  write(value: T): Content;
}

/** Bytes of the application's own format; `major` is its number for that format. */
export function rawPayload(major = 0): PayloadType<Uint8Array> {
  const own = takeInteger(major, "payload: major", 0, U32_MAX);
  return {
    read: ({ payload, major: m, minor: n }) =>
      m === own && n === 0 ? { value: payload.slice(), readOnly: false } : undefined,
    write: (value) => ({
      payload: takeBytes(value, "payload", 0, PLAINTEXT_MAX),
      major: own,
      minor: 0,
    }),
  };
}

/** One version of a payload type. */
export interface Shape<T> {
  readonly major: number;
  /** Must be 0 unless the type is a struct. */
  readonly minor: number;
  readonly type: Type<T>;
}

/** A shape of another major, whose values are converted on reading. */
export interface FormerShape<T, Old> extends Shape<Old> {
  /** Where it throws, the token is rejected as one of another schema. */
  readonly convert: (old: Old) => T;
}

/**
 * A value in the encoding of Section 7.5. New tokens are written in `own`; tokens of other majors
 * are read with `others`.
 */
export function structuredPayload<T>(
  own: Shape<T>,
  ...others: readonly FormerShape<T, never>[]
): PayloadType<T> {
  const shapes = shapesByMajor(([own, ...others] as readonly Shape<unknown>[]).map(checkShape));
  return payloadType(shapes, { ...own, node: own.type.node });
}

/**
 * A payload type that another program described (Section 7.7); values as for `t`. Tokens are written
 * as the first description says and read by the one of their major. A description carries no
 * defaults: fields that an older token lacks are absent from the value.
 *
 * @throws Refused if a description is not one.
 */
export function describedPayload(
  ...descriptions: readonly [Described, ...Described[]]
): PayloadType<unknown> {
  const parsed = descriptions.map(parseDescription);
  const own = parsed[0];
  if (own === undefined) throw new Refused("payload: no description");
  const shapes = shapesByMajor(parsed.map((shape) => checkShape({ ...shape, type: shape, open: true })));
  return payloadType(shapes, own);
}

/** A description as text, or parsed from JSON. */
export type Described = string | object;

/** The description of a payload type for programs in other languages, as one line of JSON. */
export function describePayload({ major, minor, type }: Shape<unknown>): string {
  return printDescription({ major, minor, node: type.node });
}

function shapesByMajor(list: readonly CheckedShape[]): ReadonlyMap<number, CheckedShape> {
  const shapes = new Map(list.map((shape) => [shape.major, shape]));
  if (shapes.size !== list.length) throw new Refused("payload: two shapes of one major");
  return shapes;
}

function payloadType<T>(
  shapes: ReadonlyMap<number, CheckedShape>,
  own: { major: number; minor: number; node: Node },
): PayloadType<T> {
  const { major, minor, node } = own;
  return {
    read: ({ payload, major: m, minor: n }) => {
      const shape = shapes.get(m);
      if (shape === undefined) return undefined;
      const read = readShape(shape, n, new PayloadReader(payload));
      if (read === undefined) return undefined;
      try {
        return { value: shape.convert(read.value) as T, readOnly: n > shape.minor };
      } catch {
        // An old value that the application can't convert is one that it can't read.
        return undefined;
      }
    },
    write: (value) => ({ payload: encodeValue(node, value), major, minor }),
  };
}

type Convert = (value: unknown) => unknown;

export interface CheckedShape {
  readonly major: number;
  readonly minor: number;
  readonly node: Node;
  /** Newtypes around the node, which count as values. */
  readonly newtypes: number;
  readonly convert: Convert;
  /** Encoded defaults of the outermost fields, decoded afresh for each value. */
  readonly fallbacks: ReadonlyMap<string, Uint8Array>;
  /** Whether missing fields without a default stay out of the value. */
  readonly open: boolean;
}

export function checkShape(
  shape: Shape<unknown> & { convert?: Convert; open?: boolean },
): CheckedShape {
  const major = takeInteger(shape.major, "payload: major", 0, U32_MAX);
  const minor = takeInteger(shape.minor, "payload: minor", 0, U32_MAX);
  const { inner: node, newtypes } = unwrap(shape.type.node);
  checkTypes(node);
  if (node.kind !== "struct" && minor !== 0) {
    throw new Refused("payload: only a struct can have a minor other than 0");
  }
  const fallbacks = new Map<string, Uint8Array>();
  for (const field of node.kind === "struct" ? node.fields : []) {
    if (field.fallback !== undefined) {
      fallbacks.set(field.name, encodeValue(field.node, field.fallback.value));
    }
  }
  const { convert = (value) => value, open = false } = shape;
  return { major, minor, node, newtypes, convert, fallbacks, open };
}

/** Looks at all types that one is made of, so that what is wrong with them shows before a token. */
function checkTypes(start: Node): void {
  const seen = new Set<Node>();
  const left = [start];
  // A lazy type may be a new one each time, and then there is no end to them.
  for (let node = left.pop(); node !== undefined && seen.size < TYPES_MAX; node = left.pop()) {
    const { inner } = unwrap(node);
    if (seen.has(inner)) continue;
    seen.add(inner);
    left.push(...parts(inner));
  }
}

const TYPES_MAX = 10_000;

/** ReadPayload of Section 7.4 from step 3 on; undefined stands for a rejection. */
export function readShape(
  shape: CheckedShape,
  n: number,
  reader: PayloadReader,
): { value: unknown } | undefined {
  try {
    const { node } = shape;
    for (let i = 0; i < shape.newtypes; i++) reader.charge();
    const value =
      node.kind === "struct" ? readStruct(shape, node.fields, n, reader) : readOther(node, n, reader);
    return { value };
  } catch (error) {
    if (error instanceof Undecodable) return undefined;
    throw error;
  }
}

function readOther(node: Node, n: number, reader: PayloadReader): unknown {
  if (n !== 0) throw new Undecodable();
  const value = reader.value(node, 1);
  if (reader.remaining > 0) throw new Undecodable();
  return value;
}

function readStruct(
  shape: CheckedShape,
  fields: readonly FieldNode[],
  n: number,
  reader: PayloadReader,
): unknown {
  const out: Record<string, unknown> = {};
  reader.charge();
  for (const field of fields) {
    // With nothing left all further fields are missing, even those whose encoding has no bytes.
    const missing = reader.remaining === 0 && n < shape.minor;
    if (missing && shape.open) break;
    setMember(out, field.name, missing ? fallback(shape, field) : reader.value(field.node, 2));
  }
  if (reader.remaining > 0 && n <= shape.minor) throw new Undecodable();
  return out;
}

function fallback(shape: CheckedShape, field: FieldNode): unknown {
  const encoded = shape.fallbacks.get(field.name);
  if (encoded === undefined) throw new Undecodable();
  return new PayloadReader(encoded).value(field.node, 2);
}
