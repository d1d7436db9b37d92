// A local store in one file: hexadecimal lines, durable when the promise ends. Used by the command
// `follow`, and short enough to copy.
import { open, readFile } from "node:fs/promises";

export class FileStore {
  #file;

  /** Opens the file, which is made if it is not there; `records` gives what it holds. */
  static async open(path) {
    const store = new FileStore();
    store.#file = await open(path, "a", 0o600);
    const lines = (await readFile(path, "utf8")).split("\n");
    // What a crash cut off was never acknowledged.
    const whole = lines.slice(0, -1).filter((line) => /^([0-9a-f]{2})+$/.test(line));
    if (lines.at(-1) !== "") await store.#file.write("\n");
    store.records = whole.map((line) => new Uint8Array(Buffer.from(line, "hex")));
    return store;
  }

  async append(record) {
    await this.#file.write(`${Buffer.from(record).toString("hex")}\n`);
    await this.#file.datasync();
  }

  /** Without a mark nothing may be forgotten (Section 9.8); `forget` then fails. */
  async setHighWater() {
    throw new Error("this store keeps no mark");
  }

  async close() {
    await this.#file.close();
  }
}
