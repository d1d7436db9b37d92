// Differential testing: one JSON request { kind, inputs } for each line of the standard input, one
// JSON answer { stage, expected } for each line of the standard output, in the notation of the
// vectors. The moments of kind ring come from expected.states of the request, else there is one: now.
import { stringify } from "./json.mjs";
import { BadRequest } from "./request.mjs";
import { compute } from "./compute.mjs";

const LINE_MAX = 4 * 1024 * 1024;

export function answer(line) {
  try {
    if (line.length > LINE_MAX) return { error: "bad request" };
    const request = JSON.parse(line);
    if (typeof request !== "object" || request === null || typeof request.kind !== "string") {
      return { error: "bad request" };
    }
    return compute(request.kind, request.inputs, request.expected);
  } catch (error) {
    if (error instanceof BadRequest || error instanceof SyntaxError) return { error: "bad request" };
    // A defect of this package: it must show, and the lines behind it must still be answered.
    return { error: "internal error" };
  }
}

/** The lines of a stream of bytes, undefined for one that is not UTF-8. Only LF ends a line: JSON
 *  strings may hold U+2028, at which node:readline would break them. */
async function* linesOf(stream) {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const decode = (parts) => {
    try {
      return decoder.decode(Buffer.concat(parts));
    } catch {
      return undefined;
    }
  };
  let parts = [];
  for await (const chunk of stream) {
    let start = 0;
    for (let end; (end = chunk.indexOf(10, start)) !== -1; start = end + 1) {
      yield decode([...parts, chunk.subarray(start, end)]);
      parts = [];
    }
    if (start < chunk.length) parts.push(chunk.subarray(start));
  }
  if (parts.length > 0) yield decode(parts);
}

if (process.argv[1]?.endsWith("answer.mjs")) {
  for await (const line of linesOf(process.stdin)) {
    const result = line === undefined ? { error: "bad request" } : answer(line);
    // Waiting for the callback hands each line on before the next one is read.
    await new Promise((done) => process.stdout.write(`${stringify(result)}\n`, done));
  }
}
