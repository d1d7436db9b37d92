// Reads a payload by its description: {"description", "minor", "payload"} in, the value out.
import { readFileSync } from "node:fs";

const { describedPayload } = await import(new URL("../../ports/js/dist/index.js", import.meta.url));
const { description, minor, payload } = JSON.parse(readFileSync(0, "utf8"));
const bytes = Uint8Array.from(payload.match(/../g), (pair) => parseInt(pair, 16));
const read = describedPayload(description).read({ payload: bytes, major: description.schema[0], minor });
const numbers = (_, value) => (typeof value === "bigint" ? Number(value) : value);
console.log(JSON.stringify({ value: read.value, read_only: read.readOnly }, numbers));
