import { ascii, isWellFormed } from "./bytes.js";
import { Refused } from "./errors.js";
import { DEPTH_MAX, ELEMENTS_MAX, VALUES_MAX } from "./limits.js";
import {
  type FieldNode,
  isNullable,
  type Node,
  outermost,
  resolve,
  type VariantNode,
} from "./types.js";
import { pushBigVarint, pushVarint } from "./varint.js";

/** The encoding of a value. @throws Refused if it does not fit its type or the bounds of readers. */
export function encodeValue(node: Node, value: unknown): Uint8Array {
  const writer = new PayloadWriter();
  writer.value(node, value, 1);
  return Uint8Array.from(writer.out);
}

class PayloadWriter {
  readonly out: number[] = [];
  #elements = 0;
  #values = 0;

  value(node: Node, value: unknown, level: number): void {
    this.#values++;
    if (this.#values > VALUES_MAX) throw new Refused(`payload: more than ${VALUES_MAX} values`);
    const type = resolve(node);
    switch (type.kind) {
      case "bool":
        this.out.push(expect(typeof value === "boolean", type) && value === true ? 1 : 0);
        return;
      case "u8":
        this.out.push(integer(value, type, 0, 0xff));
        return;
      case "i8":
        this.out.push(integer(value, type, -0x80, 0x7f) & 0xff);
        return;
      case "u16":
        return pushVarint(this.out, integer(value, type, 0, 0xffff));
      case "u32":
        return pushVarint(this.out, integer(value, type, 0, 0xffff_ffff));
      case "i16":
        return pushVarint(this.out, zigzag(integer(value, type, -(2 ** 15), 2 ** 15 - 1)));
      case "i32":
        return pushVarint(this.out, zigzag(integer(value, type, -(2 ** 31), 2 ** 31 - 1)));
      case "u64":
      case "u128":
        return pushBigVarint(this.out, bigInteger(value, type, 0n, (1n << bits(type)) - 1n));
      case "i64":
      case "i128": {
        const edge = 1n << (bits(type) - 1n);
        const signed = bigInteger(value, type, -edge, edge - 1n);
        return pushBigVarint(this.out, signed >= 0n ? 2n * signed : -2n * signed - 1n);
      }
      case "f32":
      case "f64":
        expect(typeof value === "number" && fits(value, type.kind), type);
        return this.#float(value as number, type.kind === "f32" ? 4 : 8);
      case "char":
        expect(typeof value === "string" && [...value].length === 1, type);
        return this.#text(value as string, type);
      case "str":
        return this.#text(value, type);
      case "bytes":
        expect(value instanceof Uint8Array, type);
        return this.#sized(value as Uint8Array);
      case "unit":
        expect(value === null, type);
        return;
      case "newtype":
        return this.value(type.of, value, level);
      default:
        if (level > DEPTH_MAX) throw new Refused(`payload: nested deeper than ${DEPTH_MAX} levels`);
        return this.#container(type, value, level + 1);
    }
  }

  #container(type: Extract<Node, { kind: Container }>, value: unknown, inner: number): void {
    switch (type.kind) {
      case "option": {
        if (value === null) {
          this.out.push(0);
          return;
        }
        this.out.push(1);
        return this.value(type.of, isNullable(type.of) ? member(value, "some", type) : value, inner);
      }
      case "seq":
        expect(Array.isArray(value), type);
        this.#count((value as unknown[]).length);
        for (const item of value as unknown[]) this.value(type.of, item, inner);
        return;
      case "array":
        expect(Array.isArray(value) && value.length === type.length, type);
        for (const item of value as unknown[]) this.value(type.of, item, inner);
        return;
      case "map":
        return this.#map(type, value, inner);
      case "tuple":
        return this.#items(type.items, value, type, inner);
      case "struct":
        return this.#fields(type.fields, value, type, inner);
      case "enum": {
        const plain = typeof value === "string";
        const names = plain ? [value] : isObject(value) ? Object.keys(value) : [];
        const variant = type.variants.find((candidate) => candidate.name === names[0]);
        if (names.length !== 1 || variant === undefined || plain !== (variant.content.kind === "none")) {
          throw new Refused("payload: not a variant of its enum, or not with the content of that variant");
        }
        pushVarint(this.out, variant.index);
        return plain ? undefined : this.#content(variant, member(value, variant.name, type), type, inner);
      }
    }
  }

  #map(type: Extract<Node, { kind: "map" }>, value: unknown, inner: number): void {
    if (outermost(type.key).kind === "str") {
      expect(isObject(value) && !Array.isArray(value) && !(value instanceof Map), type);
      value = Object.entries(value as object);
    }
    expect(Array.isArray(value), type);
    this.#count((value as unknown[]).length);
    const keys = new Set<string>();
    for (const entry of value as unknown[]) {
      expect(Array.isArray(entry) && entry.length === 2, type);
      const [key, item] = entry as [unknown, unknown];
      const from = this.out.length;
      this.value(type.key, key, inner);
      keys.add(this.out.slice(from).join());
      this.value(type.of, item, inner);
    }
    if (keys.size !== (value as unknown[]).length) throw new Refused("payload: a map has a key twice");
  }

  #content({ content }: VariantNode, value: unknown, type: Node, inner: number): void {
    switch (content.kind) {
      case "none":
        return;
      case "one":
        return this.value(content.node, value, inner);
      case "items":
        return this.#items(content.items, value, type, inner);
      case "fields":
        return this.#fields(content.fields, value, type, inner);
    }
  }

  #items(items: readonly Node[], value: unknown, type: Node, inner: number): void {
    expect(Array.isArray(value) && value.length === items.length, type);
    items.forEach((item, i) => this.value(item, (value as unknown[])[i], inner));
  }

  #fields(fields: readonly FieldNode[], value: unknown, type: Node, inner: number): void {
    for (const field of fields) this.value(field.node, member(value, field.name, type), inner);
  }

  #count(count: number): void {
    this.#elements += count;
    if (this.#elements > ELEMENTS_MAX) throw new Refused(`payload: more than ${ELEMENTS_MAX} elements`);
    pushVarint(this.out, count);
  }

  #sized(bytes: Uint8Array): void {
    pushVarint(this.out, bytes.length);
    for (const byte of bytes) this.out.push(byte);
  }

  #text(value: unknown, type: Node): void {
    expect(typeof value === "string" && isWellFormed(value), type);
    this.#sized(ascii(value as string));
  }

  #float(value: number, width: 4 | 8): void {
    const view = new DataView(new ArrayBuffer(width));
    if (width === 4) view.setFloat32(0, value, true);
    else view.setFloat64(0, value, true);
    for (let i = 0; i < width; i++) this.out.push(view.getUint8(i));
  }
}

type Container = "option" | "seq" | "array" | "map" | "tuple" | "struct" | "enum";

/** The message names the type only: the value is the application's secret. */
function expect(fits: boolean, type: Node): true {
  if (!fits) throw new Refused(`payload: a value is not of the type ${type.kind}`);
  return true;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function member(value: unknown, name: string, type: Node): unknown {
  expect(isObject(value) && Object.hasOwn(value, name), type);
  return (value as Record<string, unknown>)[name];
}

function integer(value: unknown, type: Node, min: number, max: number): number {
  expect(Number.isInteger(value) && (value as number) >= min && (value as number) <= max, type);
  return value as number;
}

function bigInteger(value: unknown, type: Node, min: bigint, max: bigint): bigint {
  expect(typeof value === "bigint" && value >= min && value <= max, type);
  return value as bigint;
}

function bits(type: Node): bigint {
  return type.kind === "u64" || type.kind === "i64" ? 64n : 128n;
}

/** A finite number beyond those of binary32 would be written as infinity, and read as that. */
function fits(value: number, kind: "f32" | "f64"): boolean {
  return kind === "f64" || !Number.isFinite(value) || Number.isFinite(Math.fround(value));
}

function zigzag(value: number): number {
  return value >= 0 ? 2 * value : -2 * value - 1;
}
