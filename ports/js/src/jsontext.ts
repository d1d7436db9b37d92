/**
 * Strict JSON for descriptions (Section 7.7). `JSON.parse` keeps the last of two members with one
 * name and reads `1.0` and `1e1` as integers: two readers would see two descriptions in one text.
 */

/** More than any description within the bound on its types. */
const NESTING_MAX = 256;

const SPACE = /[ \t\n\r]*/y;
const INTEGER = /0|[1-9][0-9]*/y;
const WORD = /true|false|null/y;
// eslint-disable-next-line no-control-regex
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;

/** The value of a text, of which all numbers are integers of 0 or more; undefined if it is not one. */
export function parseJson(text: string): unknown {
  try {
    const parser = new Parser(text);
    const value = parser.value(0);
    parser.end();
    return value;
  } catch (error) {
    if (error instanceof NotJson) return undefined;
    throw error;
  }
}

class NotJson extends Error {}

class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(depth: number): unknown {
    if (depth > NESTING_MAX) throw new NotJson();
    this.#match(SPACE);
    switch (this.#text[this.#at]) {
      case "{":
        return this.#object(depth);
      case "[":
        return this.#array(depth);
      case '"':
        return this.#string();
      case "t":
      case "f":
      case "n":
        return JSON.parse(this.#match(WORD)) as unknown;
      default:
        return this.#integer();
    }
  }

  end(): void {
    this.#match(SPACE);
    if (this.#at !== this.#text.length) throw new NotJson();
  }

  #object(depth: number): unknown {
    const members = new Map<string, unknown>();
    this.#list("}", () => {
      this.#match(SPACE);
      const name = this.#string();
      if (members.has(name)) throw new NotJson();
      this.#match(SPACE);
      this.#expect(":");
      members.set(name, this.value(depth + 1));
    });
    // Also `__proto__` is a member like any other here.
    return Object.fromEntries(members);
  }

  #array(depth: number): unknown {
    const items: unknown[] = [];
    this.#list("]", () => items.push(this.value(depth + 1)));
    return items;
  }

  #list(end: string, item: () => void): void {
    this.#at++;
    this.#match(SPACE);
    if (this.#text[this.#at] === end) {
      this.#at++;
      return;
    }
    for (;;) {
      item();
      this.#match(SPACE);
      if (this.#text[this.#at] !== ",") break;
      this.#at++;
    }
    this.#expect(end);
  }

  #integer(): number {
    const digits = this.#match(INTEGER);
    // What goes on is a fraction, an exponent or a leading zero.
    if (/[0-9.eE]/.test(this.#text[this.#at] ?? "")) throw new NotJson();
    return Number(digits);
  }

  #string(): string {
    return JSON.parse(this.#match(STRING)) as string;
  }

  #expect(character: string): void {
    if (this.#text[this.#at] !== character) throw new NotJson();
    this.#at++;
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found === null) throw new NotJson();
    this.#at = pattern.lastIndex;
    return found[0];
  }
}
