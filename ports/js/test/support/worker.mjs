// Runs in a worker thread from which everything that browsers lack was taken before the import.
import { parentPort } from "node:worker_threads";

for (const name of ["Buffer", "process", "global", "require", "module", "setImmediate", "clearImmediate"]) {
  delete globalThis[name];
}
// Hardened environments do the same.
Object.defineProperty(Error, "stackTraceLimit", { value: 10, writable: false, configurable: false });
const { EXPECTED, lifecycle } = await import("./lifecycle.mjs");
const steps = await lifecycle(await import("cloakroom"));
parentPort.postMessage({ steps, expected: EXPECTED, left: [typeof Buffer, typeof process] });
