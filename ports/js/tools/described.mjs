// The kind description: a payload read by the description of its type.
import { parseDescription } from "../dist/describe.js";
import { Refused } from "../dist/errors.js";
import { describedPayload } from "../dist/payload.js";
import { outermost } from "../dist/types.js";
import { ascii, decodeUtf8, hex } from "../dist/bytes.js";
import { unhex } from "./hex.mjs";

export function described({ description, description_hex, minor, payload }) {
  const text = decodeUtf8(description === undefined ? unhex(description_hex) : ascii(description));
  let reader, own;
  try {
    if (text === undefined) throw new Refused("not UTF-8");
    reader = describedPayload(text);
    own = parseDescription(text);
  } catch (error) {
    if (error instanceof Refused) return { stage: "refused", expected: {} };
    throw error;
  }
  const read = reader.read({ payload: unhex(payload), major: own.major, minor });
  if (read === undefined) return { stage: "schema", expected: {} };
  return { stage: "ok", expected: { value: shown(own.node, read.value), read_only: read.readOnly } };
}

const items = (nodes, value) => nodes.map((node, i) => shown(node, value[i]));
const fields = (list, value) =>
  Object.fromEntries(
    list.filter(({ name }) => Object.hasOwn(value, name)).map(({ name, node }) => [name, shown(node, value[name])]),
  );

/** A value of this package in the notation of vectors. */
export function shown(node, value) {
  const type = outermost(node);
  switch (type.kind) {
    case "u64": case "u128": case "i64": case "i128":
      return value.toString();
    case "f32": case "f64":
      return float(value, type.kind === "f32" ? 4 : 8);
    case "bytes":
      return hex(value);
    case "option": {
      if (value === null) return null;
      const nullable = ["option", "unit"].includes(outermost(type.of).kind);
      return shown(type.of, nullable ? value.some : value);
    }
    case "seq": case "array":
      return value.map((item) => shown(type.of, item));
    case "map":
      return Array.isArray(value)
        ? value.map(([key, item]) => [shown(type.key, key), shown(type.of, item)])
        : new Map(Object.entries(value).map(([key, item]) => [key, shown(type.of, item)]));
    case "tuple":
      return items(type.items, value);
    case "struct":
      return fields(type.fields, value);
    case "enum":
      return typeof value === "string" ? value : variant(type, Object.entries(value)[0]);
    default:
      return value;
  }
}

function variant(type, [name, value]) {
  const { content } = type.variants.find((candidate) => candidate.name === name);
  if (content.kind === "one") return { [name]: shown(content.node, value) };
  return { [name]: content.kind === "items" ? items(content.items, value) : fields(content.fields, value) };
}

function float(value, width) {
  const view = new DataView(new ArrayBuffer(width));
  if (width === 4) view.setFloat32(0, value, true);
  else view.setFloat64(0, value, true);
  return hex(new Uint8Array(view.buffer));
}
