// Hono: a middleware that requires a session, and an application that uses it.
import {
  isSessionCookie, presentedToken, rejection, removalCookie, sameOrigin, sessionCookie,
  SessionRejected, SessionUnavailable, unavailability,
} from "cloakroom";
import { Hono } from "hono";

const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);
const fromHere = (c) => sameOrigin(fieldsOf(c), c.req.header("host"));

/** Puts the session into the variable `session`. `sensitive` relies on a fresh view alone. */
export function requireSession(sessions, { sensitive = false } = {}) {
  return async (c, next) => {
    const { by, token } = presentedToken(fieldsOf(c));
    if (by !== "bearer" && !SAFE.has(c.req.method) && !fromHere(c)) return c.body(null, 403);
    let session;
    try {
      session = sessions.verify(token, { sensitive });
    } catch (error) {
      return answer(error, c, by);
    }
    c.set("session", session);
    await next();
    // Not with 5xx, nor beside a cookie of login or logout.
    if (by !== "cookie" || c.res.status >= 500 || c.res.headers.getSetCookie().some(isSessionCookie)) return;
    try {
      const renewed = sessions.renew(session);
      if (renewed) setSession(c, renewed);
    } catch {
      // The token at hand stays good, or the next request is told.
    }
  };
}

/**
 * Node keeps repeated fields apart. Headers joins them, Cookie with "; " and others with a comma: two
 * of Authorization must not pass for one, and so one with a comma counts as two.
 */
function fieldsOf(c) {
  const apart = c.env?.incoming?.headersDistinct;
  if (apart !== undefined) return apart;
  const list = (name) => (c.req.raw.headers.has(name) ? [c.req.raw.headers.get(name)] : []);
  const fields = { cookie: list("cookie"), origin: list("origin"), "sec-fetch-site": list("sec-fetch-site") };
  return { ...fields, authorization: list("authorization").flatMap((value) => value.split(",")) };
}

function setSession(c, sealed) {
  c.header("set-cookie", sessionCookie(sealed), { append: true });
  c.header("cache-control", "no-store");
}

/**
 * Ends the session that a request presents, also by a token that has expired: a copy of it may have
 * been renewed. What does not open ends nothing, and the client is not told.
 */
async function endPresented(sessions, c) {
  try {
    await sessions.logout(presentedToken(fieldsOf(c)).token);
  } catch (error) {
    if (!(error instanceof SessionRejected)) throw error;
  }
}

function answer(error, c, by) {
  const isKnown = error instanceof SessionRejected || error instanceof SessionUnavailable;
  if (!isKnown) throw error;
  const { status, headers, body } = error instanceof SessionRejected ? rejection(by) : unavailability();
  return c.body(body, status, headers);
}

/**
 * The sessions are built with `maxToken: COOKIE_TOKEN_MAX`, so that one that fits its cookie at login
 * fits at every renewal. `checkPassword` gives the subject and value of a login, or undefined.
 */
export function makeApp(sessions, checkPassword) {
  const app = new Hono();
  app.post("/login", async (c) => {
    // Also a login: another site could log the browser in as somebody else.
    if (!fromHere(c)) return c.body(null, 403);
    let body;
    try {
      body = await c.req.json();
    } catch {
      return c.body(null, 400);
    }
    const user = checkPassword(body);
    if (user === undefined) return c.body(null, 403);
    const sealed = sessions.issue(user);
    await endPresented(sessions, c);
    setSession(c, sealed);
    return c.body(null, 204);
  });
  app.get("/me", requireSession(sessions), (c) => c.json({ subject: c.get("session").subject }));
  app.post("/pay", requireSession(sessions, { sensitive: true }), (c) => c.body(null, 204));
  app.get("/broken", requireSession(sessions), (c) => c.body(null, 500));
  app.post("/logout", async (c) => {
    const { by } = presentedToken(fieldsOf(c));
    if (by !== "bearer" && !fromHere(c)) return c.body(null, 403);
    await endPresented(sessions, c);
    c.header("set-cookie", removalCookie(), { append: true });
    c.header("cache-control", "no-store");
    return c.body(null, 204);
  });
  app.onError((error, c) => {
    try {
      return answer(error, c, "cookie");
    } catch {
      return c.body(null, 500);
    }
  });
  return app;
}
