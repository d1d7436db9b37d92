import { Refused } from "./errors.js";
import { COOKIE_MAX, U32_MAX } from "./limits.js";

/** Fields of a request, each as it came: in Node `request.headersDistinct`. */
export interface RequestFields {
  readonly authorization?: readonly string[] | undefined;
  readonly cookie?: readonly string[] | undefined;
  readonly origin?: readonly string[] | undefined;
  readonly "sec-fetch-site"?: readonly string[] | undefined;
}

/** The token a request presents, not verified, and how. */
export interface Presented {
  readonly by: "bearer" | "cookie" | "nothing";
  /** Empty if there is none; `verify` rejects it. */
  readonly token: string;
}

/** What `issue`, `renew`, `update`, `rotate` and `reauthenticate` give. */
export interface SealedToken {
  readonly token: string;
  readonly session: { readonly deadline: number; readonly seenAt: number };
}

/** With its prefix, user agents take the cookie only with Secure, Path=/ and without Domain. */
const COOKIE = "__Host-session";
const ATTRIBUTES = "Path=/; Secure; HttpOnly; SameSite=Lax";

/**
 * Where a request carries its session (Section 10). A bearer token wins over a cookie also if it
 * fails or is malformed, another scheme leaves the cookie in charge, a second Authorization field
 * spoils both, and two session cookies count as none.
 */
export function presentedToken(fields: RequestFields): Presented {
  const [first, ...more] = fields.authorization ?? [];
  const bearer = more.length > 0 ? "" : first === undefined ? undefined : bearerToken(trim(first));
  if (bearer !== undefined) return { by: "bearer", token: bearer };
  const values = (fields.cookie ?? []).flatMap(sessionValues);
  return values.length === 1 ? { by: "cookie", token: values[0] as string } : { by: "nothing", token: "" };
}

/** Undefined for another scheme; empty for what is neither that nor a bearer token. */
function bearerToken(value: string): string | undefined {
  // What follows a scheme is SP or the end. With anything else there a garbled bearer token would
  // pass for another scheme, and fall back to the cookie.
  const scheme = /^[!#$%&'*+.^_`|~0-9a-z-]+(?= |$)/i.exec(value)?.[0];
  if (scheme === undefined) return "";
  if (scheme.toLowerCase() !== "bearer") return undefined;
  const token = /^ +([a-z0-9._~+/-]+=*)$/i.exec(value.slice(scheme.length));
  return token?.[1] ?? "";
}

function sessionValues(field: string): string[] {
  return field.split(";").flatMap((pair) => {
    const at = pair.indexOf("=");
    return at >= 0 && trim(pair.slice(0, at)) === COOKIE ? [trim(pair.slice(at + 1))] : [];
  });
}

/** Without a regular expression: their work may grow with the square of a run of spaces. */
function trim(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && isBlank(text[start])) start++;
  while (end > start && isBlank(text[end - 1])) end--;
  return text.slice(start, end);
}

function isBlank(character: string | undefined): boolean {
  return character === " " || character === "\t";
}

/**
 * Whether a request does not come from another site (Section 10.1). Where a cookie carries the
 * session, ask this of every method but GET, HEAD and OPTIONS, of the login and of WebSocket
 * upgrades, and answer 403 if not: browsers send cookies along with forms of other sites.
 *
 * @param host The field Host, or `:authority` of HTTP/2.
 */
export function sameOrigin(fields: RequestFields, host: string | undefined): boolean {
  const site = fields["sec-fetch-site"] ?? [];
  if (site.length > 0) return site.length === 1 && (site[0] === "same-origin" || site[0] === "none");
  const [origin, ...more] = fields.origin ?? [];
  if (origin === undefined) return true;
  // Compared as text: what a parser of URLs would make of either is not what the browser sent.
  const authority = /^[a-z][a-z0-9+.-]*:\/\/([^/?#@]+)$/i.exec(origin)?.[1];
  return more.length === 0 && authority !== undefined && authority === host;
}

/**
 * The value of Set-Cookie for a token that was sealed a moment ago.
 *
 * @throws Refused if the line is longer than user agents take.
 */
export function sessionCookie({ token, session }: SealedToken): string {
  const line = cookieLine(token, Math.max(1, session.deadline - session.seenAt));
  if (line.length > COOKIE_MAX) {
    throw new Refused(`the cookie needs ${line.length} bytes; ${COOKIE_MAX} are allowed`);
  }
  return line;
}

/** The value of Set-Cookie after a logout, and after nothing else. */
export function removalCookie(): string {
  return cookieLine("", 0);
}

function cookieLine(token: string, age: number): string {
  return `${COOKIE}=${token}; ${ATTRIBUTES}; Max-Age=${age}`;
}

/**
 * The longest token that `sessionCookie` takes, whatever the age of its cookie. Where cookies carry
 * the sessions it is their `maxToken`: then a session that fits its cookie at login fits it at every
 * renewal (Section 8.12).
 */
export const COOKIE_TOKEN_MAX: number = COOKIE_MAX - cookieLine("", U32_MAX).length;

/** Whether a value of Set-Cookie is about the session. */
export function isSessionCookie(line: string): boolean {
  return line.startsWith(`${COOKIE}=`);
}

/** The constant answer to a request without a live session: status, fields and body. */
export function rejection(by: Presented["by"]): { status: number; headers: Record<string, string>; body: string } {
  const headers: Record<string, string> = { "cache-control": "no-store", "content-type": "text/plain" };
  if (by === "bearer") headers["www-authenticate"] = 'Bearer error="invalid_token"';
  return { status: 401, headers, body: "unauthorized\n" };
}

/** The answer while the server cannot decide. A 401 would make clients throw their session away. */
export function unavailability(): { status: number; headers: Record<string, string>; body: string } {
  const headers = { "cache-control": "no-store", "content-type": "text/plain", "retry-after": "1" };
  return { status: 503, headers, body: "unavailable\n" };
}
