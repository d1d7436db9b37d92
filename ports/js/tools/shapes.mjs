// The payload types of Section 16.5 of the specification and their values as JSON.
import { checkShape, rawPayload, readShape } from "../dist/payload.js";
import { PayloadReader } from "../dist/reader.js";
import { resolve, t } from "../dist/types.js";
import { hex } from "../dist/bytes.js";
import { Refused } from "../dist/errors.js";

const user = { id: t.u64, name: t.str, admin: t.bool };
const user1 = { ...user, theme: t.appended(t.option(t.str), null) };
const limits = { limits: t.struct({ read: t.bool }), admin: t.bool };
const limits1 = { ...limits, note: t.appended(t.str, "") };
const extra = t.struct({ a: t.u8, b: t.u8 });
const chain = t.struct({ next: t.option(t.lazy(() => chain)) });
const tree = t.enum({
  leaf: t.u8,
  one: t.lazy(() => tree),
  both: [t.u8, t.lazy(() => tree)],
  node: { fields: { next: t.lazy(() => tree) } },
});
const nest = t.enum({
  end: null,
  one: t.lazy(() => nest),
  list: t.seq(t.lazy(() => nest)),
  map: t.map(t.str, t.lazy(() => nest)),
  pair: { fields: { next: t.tuple(t.u8, t.lazy(() => nest)) } },
});
const choice = t.enum({ a: null, b: t.u32, c: [t.u8, t.u16], d: { fields: { x: t.bool } } });

export const types = {
  user: t.struct(user),
  "user-1": t.struct(user1),
  "user-2": t.struct({ ...user1, scopes: t.appended(t.seq(t.u16), []) }),
  limits: t.struct(limits),
  "limits-1": t.struct(limits1),
  "limits-2": t.struct({ ...limits1, extra: t.appended(extra, { a: 0, b: 0 }) }),
  units: t.struct({ items: t.seq(t.unit) }),
  chain,
  tree,
  choice,
  kinds: t.struct({
    flag: t.bool, a: t.u8, b: t.i8, c: t.u16, d: t.i16, e: t.u32, f: t.i32, g: t.u64, h: t.i64,
    x: t.f32, y: t.f64, text: t.str, blob: t.bytes, opt: t.option(t.u8), list: t.seq(t.u16),
    map: t.map(t.str, t.u8), pair: t.tuple(t.u8, t.u16), choice, nothing: t.unit,
  }),
  bounds: t.struct({ items: t.seq(t.unit), more: t.seq(t.unit), map: t.map(t.str, t.u8), nest }),
};

/** Reads floats as their bytes: a number would lose the bits of a NaN; keeps the order of maps. */
class ExactReader extends PayloadReader {
  float(bytes) {
    return hex(bytes);
  }

  map(key, entries) {
    return new Map(entries);
  }
}

/** The payload type of a reader of a vector; its values are already in the notation of vectors. */
export function payloadFor({ shape: name, major, minor }) {
  if (name === "raw") {
    if (minor !== 0) throw new Refused("bytes have no minors");
    const raw = rawPayload(major);
    return {
      read(content) {
        const read = raw.read(content);
        return read && { ...read, value: hex(read.value) };
      },
    };
  }
  const { node } = types[name];
  const shape = checkShape({ major, minor, type: types[name] });
  return {
    read({ payload, major: m, minor: n }) {
      const read = m === major ? readShape(shape, n, new ExactReader(payload)) : undefined;
      return read && { value: toJson(node, read.value), readOnly: n > minor };
    },
  };
}

export function toJson(node, value) {
  const type = resolve(node);
  switch (type.kind) {
    case "u64": case "u128": case "i64": case "i128":
      return value.toString();
    case "bytes":
      return hex(value);
    case "option":
      return value === null ? null : toJson(type.of, value);
    case "newtype":
      return toJson(type.of, value);
    case "seq":
      return value.map((item) => toJson(type.of, item));
    case "map":
      return new Map([...value].map(([key, item]) => [toJson(type.key, key), toJson(type.of, item)]));
    case "tuple":
      return items(type.items, value);
    case "struct":
      return fields(type.fields, value);
    case "enum": {
      const [[name, inner]] = typeof value === "string" ? [[value, null]] : Object.entries(value);
      const { content } = type.variants.find((variant) => variant.name === name);
      return { [name]: variantJson(content, inner) };
    }
    default:
      return value;
  }
}

function variantJson(content, value) {
  switch (content.kind) {
    case "none": return null;
    case "one": return toJson(content.node, value);
    case "items": return items(content.items, value);
    default: return fields(content.fields, value);
  }
}

const items = (nodes, value) => nodes.map((node, i) => toJson(node, value[i]));
const fields = (list, value) => Object.fromEntries(list.map(({ name, node }) => [name, toJson(node, value[name])]));
