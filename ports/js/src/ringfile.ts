import { ascii, decodeUtf8, isWellFormed } from "./bytes.js";
import { Refused } from "./errors.js";
import { type KeyMaterial, parseKeyText } from "./keytext.js";
import { KEYS_MAX, NOTE_MAX, RING_FILE_MAX, ROLLOUT_DEFAULT, U32_MAX } from "./limits.js";

/** One key line of a ring file; times are Unix seconds. */
export interface RingEntry {
  readonly key: KeyMaterial;
  readonly activate: number;
  readonly retire: number | undefined;
  readonly forced: boolean;
  readonly disabled: boolean;
  readonly note: string;
}

export interface RingFile {
  readonly maxLifetime: number;
  readonly rollout: number;
  readonly entries: readonly RingEntry[];
}

const BLANK = /^ *(?:#[^]*)?$/;
const HEADER = /^ *cloakroom-ring +1 *$/;
const LIFETIME = /^ *max-lifetime +([1-9][0-9]{0,9}) *$/;
const ROLLOUT = /^ *rollout +(0|[1-9][0-9]{0,9}) *$/;
const KEY =
  /^ *key +([^ ]+) +activate=([^ ]{20})(?: +retire=([^ ]{20})(?: +(forced))?)?(?: +(disabled))?(?: *| +#([^]*))$/;
const TIMESTAMP = /^([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})Z$/;

/** Reads the grammar of Section 4.7. What the keys mean together is checked by the ring. */
export function parseRingFile(input: unknown): RingFile {
  const text = textOf(input);
  if (text.startsWith("clkwrap1.")) {
    throw new Refused("ring file: wrapped with a password (Section 4.9), which this package does not read");
  }
  const lines = linesOf(text);
  let header = false;
  let maxLifetime: number | undefined;
  let rollout: number | undefined;
  const entries: RingEntry[] = [];

  lines.forEach((line, index) => {
    const fail = (what: string): never => {
      throw new Refused(`ring file, line ${index + 1}: ${what}`);
    };
    if (BLANK.test(line)) return;
    if (!header) {
      header = HEADER.test(line) || fail("expected the header 'cloakroom-ring 1'");
      return;
    }
    let match: RegExpExecArray | null;
    if ((match = LIFETIME.exec(line))) {
      if (maxLifetime !== undefined) fail("a second max-lifetime");
      maxLifetime = number(match[1], fail);
    } else if ((match = ROLLOUT.exec(line))) {
      if (rollout !== undefined) fail("a second rollout");
      rollout = number(match[1], fail);
    } else if ((match = KEY.exec(line))) {
      if (entries.length === KEYS_MAX) fail(`more than ${KEYS_MAX} keys`);
      entries.push(keyEntry(match, fail));
    } else {
      fail("not a max-lifetime, rollout or key line of the known form");
    }
  });

  if (!header) throw new Refused("ring file: no header");
  if (maxLifetime === undefined) throw new Refused("ring file: no max-lifetime");
  return { maxLifetime, rollout: rollout ?? ROLLOUT_DEFAULT, entries };
}

function textOf(input: unknown): string {
  let text: string | undefined;
  if (input instanceof Uint8Array) {
    if (input.length > RING_FILE_MAX) throw new Refused(`ring file: more than ${RING_FILE_MAX} bytes`);
    text = decodeUtf8(input);
  } else if (typeof input === "string") {
    if (input.length > RING_FILE_MAX || ascii(input).length > RING_FILE_MAX) {
      throw new Refused(`ring file: more than ${RING_FILE_MAX} bytes`);
    }
    text = isWellFormed(input) ? input : undefined;
  } else {
    throw new Refused("ring file: must be a string or a Uint8Array");
  }
  if (text === undefined) throw new Refused("ring file: not valid UTF-8");
  if (text.startsWith("\ufeff")) throw new Refused("ring file: starts with a byte order mark");
  return text;
}

function linesOf(text: string): string[] {
  const lines = text.split("\n");
  return lines.map((line, index) => {
    // Only a CR directly before an LF belongs to a line end, so the last line keeps its own.
    const content = index < lines.length - 1 && line.endsWith("\r") ? line.slice(0, -1) : line;
    if (/[\u0000-\u001f\u007f-\u009f]/.test(content)) {
      throw new Refused(`ring file, line ${index + 1}: a control character`);
    }
    return content;
  });
}

function number(digits: string | undefined, fail: (what: string) => never): number {
  const value = Number(digits);
  return value > U32_MAX ? fail(`a number above ${U32_MAX}`) : value;
}

function keyEntry(match: RegExpExecArray, fail: (what: string) => never): RingEntry {
  const [, text, activate, retire, forced, disabled, comment] = match;
  let key: KeyMaterial;
  try {
    key = parseKeyText(text);
  } catch (error) {
    return fail(error instanceof Refused ? error.message : "the key text is damaged");
  }
  const note = (comment ?? "").replace(/^#+/, "").replace(/^ +/, "");
  let end = note.length;
  while (note.charAt(end - 1) === " ") end--;
  const trimmed = note.slice(0, end);
  if (ascii(trimmed).length > NOTE_MAX) fail(`a note of more than ${NOTE_MAX} bytes`);
  return {
    key,
    activate: timestamp(activate, fail),
    retire: retire === undefined ? undefined : timestamp(retire, fail),
    forced: forced !== undefined,
    disabled: disabled !== undefined,
    note: trimmed,
  };
}

function timestamp(text: string | undefined, fail: (what: string) => never): number {
  const match = TIMESTAMP.exec(text ?? "");
  if (match === null) return fail("a timestamp is not of the form 2026-09-01T00:00:00Z");
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number) as Timestamp;
  if (year < 1970 || hour > 23 || minute > 59 || second > 59) return fail("a timestamp out of range");
  const date = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
  // Date carries the 30th of February over into March instead of refusing it.
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) {
    return fail("a timestamp with a day that does not exist");
  }
  return date.getTime() / 1000;
}

type Timestamp = [number, number, number, number, number, number];
