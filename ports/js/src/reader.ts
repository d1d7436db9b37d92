import { decodeUtf8, hex } from "./bytes.js";
import { DEPTH_MAX, ELEMENTS_MAX, VALUES_MAX } from "./limits.js";
import {
  type FieldNode,
  isNullable,
  type Node,
  outermost,
  resolve,
  setMember,
  type VariantNode,
} from "./types.js";
import { measureVarint, varintBigint, varintNumber, type VarintBits } from "./varint.js";
import { encodeValue } from "./writer.js";

/** Thrown inside this module's callers only; a reader of payloads turns it into one rejection. */
export class Undecodable extends Error {}

/** Decodes payloads within the bounds of Section 7.6. */
export class PayloadReader {
  readonly #bytes: Uint8Array;
  #at = 0;
  #elements = 0;
  #values = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  /** `level` is the level of the value, if its type has one; the outermost value is at 1. */
  value(node: Node, level: number): unknown {
    this.charge();
    const type = resolve(node);
    switch (type.kind) {
      case "bool":
        return this.#flag();
      case "u8":
        return this.#byte();
      case "i8":
        return (this.#byte() << 24) >> 24;
      case "u16":
        return this.#varint(16);
      case "u32":
        return this.#varint(32);
      case "u64":
        return this.#bigVarint(64);
      case "u128":
        return this.#bigVarint(128);
      case "i16":
        return unzigzag(this.#varint(16));
      case "i32":
        return unzigzag(this.#varint(32));
      case "i64":
        return unzigzagBig(this.#bigVarint(64));
      case "i128":
        return unzigzagBig(this.#bigVarint(128));
      case "f32":
        return this.float(this.#take(4));
      case "f64":
        return this.float(this.#take(8));
      case "str":
        return this.#text();
      case "char": {
        const text = this.#text();
        // One scalar value is one code point; a string iterates by code points.
        if (text === "" || text.length > 2 || [...text].length !== 1) throw new Undecodable();
        return text;
      }
      case "bytes":
        return this.#take(this.#length()).slice();
      case "unit":
        return null;
      case "newtype":
        return this.value(type.of, level);
      default:
        if (level > DEPTH_MAX) throw new Undecodable();
        return this.#container(type, level);
    }
  }

  /** Before a value is made: those of types without bytes cost whoever wrote them nothing. */
  charge(): void {
    this.#values++;
    if (this.#values > VALUES_MAX) throw new Undecodable();
  }

  /** The little-endian bytes of a float as a value. */
  float(bytes: Uint8Array): unknown {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    return bytes.length === 4 ? view.getFloat32(0, true) : view.getFloat64(0, true);
  }

  /** The entries of a map as a value; of a key that is there twice the last entry counts. */
  map(key: Node, entries: [unknown, unknown][]): unknown {
    if (outermost(key).kind === "str") {
      const out: Record<string, unknown> = {};
      for (const [name, value] of entries) setMember(out, name as string, value);
      return out;
    }
    const unique = new Map(entries.map((entry) => [hex(encodeValue(key, entry[0])), entry]));
    return [...unique.values()];
  }

  #container(type: Extract<Node, { kind: Container }>, level: number): unknown {
    switch (type.kind) {
      case "option": {
        if (!this.#flag()) return null;
        const some = this.value(type.of, level + 1);
        return isNullable(type.of) ? { some } : some;
      }
      case "seq": {
        const list: unknown[] = [];
        for (let left = this.#count(); left > 0; left--) list.push(this.value(type.of, level + 1));
        return list;
      }
      case "array": {
        const list: unknown[] = [];
        while (list.length < type.length) list.push(this.value(type.of, level + 1));
        return list;
      }
      case "map": {
        const entries: [unknown, unknown][] = [];
        for (let left = this.#count(); left > 0; left--) {
          const key = this.value(type.key, level + 1);
          entries.push([key, this.value(type.of, level + 1)]);
        }
        return this.map(type.key, entries);
      }
      case "tuple":
        return type.items.map((item) => this.value(item, level + 1));
      case "struct":
        return this.#fields(type.fields, level + 1);
      case "enum": {
        const index = this.#varint(32);
        const variant = type.variants.find((candidate) => candidate.index === index);
        if (variant === undefined) throw new Undecodable();
        if (variant.content.kind === "none") return variant.name;
        const out: Record<string, unknown> = {};
        setMember(out, variant.name, this.#content(variant.content, level + 1));
        return out;
      }
    }
  }

  #content(content: VariantContentNode, level: number): unknown {
    switch (content.kind) {
      case "one":
        return this.value(content.node, level);
      case "items":
        return content.items.map((item) => this.value(item, level));
      case "fields":
        return this.#fields(content.fields, level);
    }
  }

  #fields(fields: readonly FieldNode[], level: number): Record<string, unknown> {
    const out: Record<string, unknown> = {};
    for (const field of fields) setMember(out, field.name, this.value(field.node, level));
    return out;
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw new Undecodable();
    return byte;
  }

  #flag(): boolean {
    const byte = this.#byte();
    if (byte > 1) throw new Undecodable();
    return byte === 1;
  }

  #measure(bits: VarintBits): number {
    const length = measureVarint(this.#bytes, this.#at, bits);
    if (length === undefined) throw new Undecodable();
    this.#at += length;
    return length;
  }

  #varint(bits: VarintBits): number {
    const length = this.#measure(bits);
    return varintNumber(this.#bytes, this.#at - length, length);
  }

  #bigVarint(bits: VarintBits): bigint {
    const length = this.#measure(bits);
    return varintBigint(this.#bytes, this.#at - length, length);
  }

  /** A length is compared with what remains, so rounding above 2^53 changes nothing. */
  #length(): number {
    return this.#varint(64);
  }

  #count(): number {
    const count = this.#length();
    this.#elements += count;
    if (this.#elements > ELEMENTS_MAX) throw new Undecodable();
    return count;
  }

  #take(length: number): Uint8Array {
    if (length > this.remaining) throw new Undecodable();
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  #text(): string {
    const text = decodeUtf8(this.#take(this.#length()));
    if (text === undefined) throw new Undecodable();
    return text;
  }
}

type VariantContentNode = Exclude<VariantNode["content"], { kind: "none" }>;
type Container = "option" | "seq" | "array" | "map" | "tuple" | "struct" | "enum";

function unzigzag(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

function unzigzagBig(value: bigint): bigint {
  return (value & 1n) === 0n ? value >> 1n : -((value + 1n) >> 1n);
}
