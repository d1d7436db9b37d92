// The kinds of vectors about feeds.
import { hex } from "../dist/bytes.js";
import { Refused } from "../dist/errors.js";
import { decodePosition, encodePosition, follow, openBatch, writeBatch } from "../dist/feedbatch.js";
import { FeedKey, takeRealm } from "../dist/feedkey.js";
import { openFeedSnapshot, writeFeedSnapshot } from "../dist/feedsnapshot.js";
import { encodeRecord } from "../dist/records.js";
import { writeSnapshot } from "../dist/snapshot.js";
import { unhex } from "./hex.mjs";

export function feedKey({ text }) {
  return refusing({}, () => {
    const key = FeedKey.parse(text);
    const { secret, mac } = key.secrets;
    return { fid: hex(key.fid), secret: hex(secret), mac_key: hex(mac) };
  });
}

export function feedBatch({ keys: texts, realm, onto: position, batch }) {
  return refusing({ fault: null }, () => {
    const keys = takeKeys(texts);
    const [onto, bytes] = [decodePosition(unhex(position)), unhex(batch)];
    const opened = openBatch(keys, takeRealm(realm), onto, bytes);
    if (typeof opened === "string") return fault(opened);
    same(writeBatch(keyOf(keys, bytes.subarray(1, 5)), realm, onto, opened), batch);
    const records = opened.records.map((record) => hex(encodeRecord(record)));
    return { time: opened.time, records, becomes: hex(encodePosition(follow(onto, bytes))) };
  });
}

export function feedSnapshot({ keys: texts, realm, snapshot }) {
  return refusing({ fault: null }, () => {
    const keys = takeKeys(texts);
    const bytes = unhex(snapshot);
    const opened = openFeedSnapshot(keys, takeRealm(realm), bytes);
    if (typeof opened === "string") return fault(opened);
    same(writeFeedSnapshot(keyOf(keys, bytes.subarray(8, 12)), realm, opened), snapshot);
    same(writeSnapshot(opened.snapshot), hex(opened.bytes));
    return { position: hex(encodePosition(opened.position)), life: opened.life, snapshot: hex(opened.bytes) };
  });
}

const FAULT = Symbol("fault");
const fault = (name) => ({ [FAULT]: name });

/** `nothing` is the output of a refusal that no vector has: a key or a realm that is none. */
function refusing(nothing, run) {
  try {
    const expected = run();
    return FAULT in expected
      ? { stage: "refused", expected: { fault: expected[FAULT] } }
      : { stage: "ok", expected };
  } catch (error) {
    if (error instanceof Refused) return { stage: "refused", expected: nothing };
    throw error;
  }
}

function takeKeys(texts) {
  if (texts.length < 1 || texts.length > 2) throw new Refused("one or two feed keys");
  return texts.map((text) => FeedKey.parse(text));
}

function keyOf(keys, fid) {
  return keys.find((key) => hex(key.fid) === hex(fid));
}

function same(written, expected) {
  if (hex(written) !== expected) throw new Error("what was read is not written as the same bytes");
}
