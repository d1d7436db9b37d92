// An engine in memory, with faults on request.
import { decodePosition, encodePosition, samePosition } from "../../dist/feedbatch.js";

const copy = (position) => decodePosition(encodePosition(position));

export class MemoryEngine {
  head = undefined;
  log = [];
  snap = undefined;
  /** "down": requests fail. "lost": they take place and the answer is lost. */
  failing = undefined;
  /** Called before each append. */
  beforeAppend = () => {};
  puts = 0;

  async #run(step) {
    await null;
    if (this.failing === "down") throw new Error("engine down");
    const result = step();
    if (this.failing === "lost") throw new Error("answer lost");
    return result;
  }

  read(after, limit) {
    return this.#run(() => ({
      head: this.head && copy(this.head),
      batches: this.log.filter(({ n }) => n > after).slice(0, limit),
    }));
  }

  async append(onto, batch, becomes) {
    await this.beforeAppend();
    return this.#run(() => {
      if (this.head === undefined || !samePosition(this.head, onto)) return false;
      this.log.push({ n: becomes.n, batch });
      this.head = copy(becomes);
      return true;
    });
  }

  found(old, first) {
    return this.#run(() => {
      const same = old === undefined ? this.head === undefined : this.head && samePosition(this.head, old);
      if (!same) return false;
      [this.head, this.log, this.snap] = [copy(first), [], undefined];
      return true;
    });
  }

  put(at, snapshot, drop) {
    return this.#run(() => {
      this.puts++;
      this.snap = { n: at.n, snapshot };
      this.log = this.log.filter(({ n }) => n > drop);
      return true;
    });
  }

  snapshot() {
    return this.#run(() => this.snap?.snapshot);
  }

  /** What a failover to a copy without the last acknowledged writes leaves. */
  backup() {
    return { head: this.head && copy(this.head), log: [...this.log], snap: this.snap };
  }

  restore({ head, log, snap }) {
    [this.head, this.log, this.snap] = [head, [...log], snap];
  }
}
