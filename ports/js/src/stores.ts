import { encodeRecord, type RevocationRecord } from "./records.js";

/** Takes encoded records. `append` ends without an error only when the store has the record. */
export interface RevocationStore {
  append(record: Uint8Array): void | Promise<void>;
}

/** A store on this machine. Both methods end when the data would survive a loss of power. */
export interface LocalStore extends RevocationStore {
  /** Keeps a time (Unix seconds) before entries that expired by then are forgotten. */
  setHighWater(time: number): void | Promise<void>;
}

/** Whether there is a store and it has the record. */
export async function accepts(store: RevocationStore | undefined, record: RevocationRecord): Promise<boolean> {
  if (store === undefined) return false;
  try {
    await store.append(encodeRecord(record));
    return true;
  } catch {
    return false;
  }
}
