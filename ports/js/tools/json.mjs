// JSON in the notation of the vector files. A Map stands for an object whose members keep their order:
// JavaScript moves members that look like numbers, as some kids do, to the front of an object.

/** Printable ASCII alone; `indent` spaces for each level, or everything in one line for 0. */
export function stringify(value, indent = 0) {
  const ascii = write(value, indent === 0 ? undefined : " ".repeat(indent), "\n");
  return ascii.replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** The same value with objects in place of Maps. */
export function plain(value) {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(members(value).map(([name, item]) => [name, plain(item)]));
}

function members(object) {
  return object instanceof Map ? [...object] : Object.entries(object);
}

function write(value, unit, newline) {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const inner = unit === undefined ? "" : newline + unit;
  const list = Array.isArray(value)
    ? value.map((item) => write(item, unit, inner))
    : members(value).map(([name, item]) => `${JSON.stringify(name)}: ${write(item, unit, inner)}`);
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  if (list.length === 0) return open + close;
  const separator = unit === undefined ? ", " : "," + inner;
  return open + inner + list.join(separator) + (unit === undefined ? "" : newline) + close;
}
