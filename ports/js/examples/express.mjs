// Express: a middleware that requires a session, and an application that uses it.
import {
  isSessionCookie, presentedToken, rejection, removalCookie, sameOrigin, sessionCookie,
  SessionRejected, SessionUnavailable, unavailability,
} from "cloakroom";
import express from "express";

const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);
const fromHere = (req) => sameOrigin(req.headersDistinct, req.headers.host);

/** Puts the session into `req.session`. `sensitive` relies on a fresh revocation view alone. */
export function requireSession(sessions, { sensitive = false } = {}) {
  return (req, res, next) => {
    const { by, token } = presentedToken(req.headersDistinct);
    if (by !== "bearer" && !SAFE.has(req.method) && !fromHere(req)) return void res.status(403).end();
    try {
      req.session = sessions.verify(token, { sensitive });
    } catch (error) {
      return answerError(error, res, by, next);
    }
    if (by === "cookie") renewWhenWritten(sessions, req.session, res);
    next();
  };
}

/** Decided when the response is written: not with 5xx, nor beside a cookie of login or logout. */
function renewWhenWritten(sessions, session, res) {
  const { writeHead } = res;
  res.writeHead = function (status, ...rest) {
    const set = [res.getHeader("set-cookie") ?? []].flat();
    if (status < 500 && !set.some(isSessionCookie)) renew(sessions, session, res);
    return writeHead.call(this, status, ...rest);
  };
}

function renew(sessions, session, res) {
  try {
    const renewed = sessions.renew(session);
    if (renewed) setSession(res, renewed);
  } catch {
    // The token at hand stays good, or the next request is told.
  }
}

function setSession(res, sealed) {
  res.append("set-cookie", sessionCookie(sealed)).set("cache-control", "no-store");
}

/**
 * Ends the session that a request presents, also by a token that has expired: a copy of it may have
 * been renewed. What does not open ends nothing, and the client is not told.
 */
async function endPresented(sessions, req) {
  try {
    await sessions.logout(presentedToken(req.headersDistinct).token);
  } catch (error) {
    if (!(error instanceof SessionRejected)) throw error;
  }
}

function answerError(error, res, by, next) {
  const isKnown = error instanceof SessionRejected || error instanceof SessionUnavailable;
  if (!isKnown) return next(error);
  const { status, headers, body } = error instanceof SessionRejected ? rejection(by) : unavailability();
  res.status(status).set(headers).end(body);
}

/**
 * The sessions are built with `maxToken: COOKIE_TOKEN_MAX`, so that one that fits its cookie at login
 * fits at every renewal. `checkPassword` gives the subject and value of a login, or undefined.
 */
export function makeApp(sessions, checkPassword) {
  const app = express().disable("x-powered-by");
  // Also a login: another site could log the browser in as somebody else.
  const ownForms = (req, res, next) => (fromHere(req) ? next() : void res.status(403).end());
  app.post("/login", ownForms, express.json(), async (req, res) => {
    const user = checkPassword(req.body);
    if (user === undefined) return void res.status(403).end();
    const sealed = sessions.issue(user);
    await endPresented(sessions, req);
    setSession(res, sealed);
    res.status(204).end();
  });
  app.get("/me", requireSession(sessions), (req, res) => void res.json({ subject: req.session.subject }));
  app.post("/pay", requireSession(sessions, { sensitive: true }), (req, res) => void res.status(204).end());
  app.get("/broken", requireSession(sessions), (req, res) => void res.status(500).end());
  app.post("/logout", async (req, res) => {
    const { by } = presentedToken(req.headersDistinct);
    if (by !== "bearer" && !fromHere(req)) return void res.status(403).end();
    await endPresented(sessions, req);
    res.append("set-cookie", removalCookie()).set("cache-control", "no-store").status(204).end();
  });
  app.use((error, req, res, next) => {
    // What the parser of bodies refuses says so by its status.
    const status = error.status >= 400 && error.status < 500 ? error.status : 500;
    answerError(error, res, "cookie", () => void res.status(status).end());
  });
  return app;
}
