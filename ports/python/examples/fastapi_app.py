"""Sessions in a FastAPI application: a dependency, and routes that log in and out.

The dependency works in Starlette as well; it needs the request's headers and nothing else. Run it
with a ring file and any user name:

    CLOAKROOM_RING=ring.txt python3 -m examples.fastapi_app
"""

from __future__ import annotations

import os
import re
import time
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple
from urllib.parse import urlsplit

from fastapi import Depends, FastAPI, HTTPException, Request, Response
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cloakroom import (
    CloakroomError, IssuedSession, Policy, PublicationError, Rejected, RequestError, RevocationList,
    Session, Sessions, Shape, Unavailable, cookie_token_length, parse_ring,
)

COOKIE = "__Host-session"
ATTRIBUTES = "Path=/; Secure; HttpOnly; SameSite=Lax"
COOKIE_MAX = 4096
# The longest token of the sessions: what fits its cookie at login then fits it at every renewal.
TOKEN_MAX = cookie_token_length(COOKIE, ATTRIBUTES, COOKIE_MAX)
# The scheme of Authorization, and what may follow Bearer: RFC 9110 and RFC 6750.
SCHEME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
B64TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")


def refusal(bearer: bool) -> HTTPException:
    """One answer for every reason there is."""
    headers = {"Cache-Control": "no-store"}
    if bearer:
        headers["WWW-Authenticate"] = 'Bearer error="invalid_token"'
    return HTTPException(401, "unauthorized", headers)


def bearer_token(field: str) -> Optional[str]:
    """None for another scheme; empty for what is neither that nor a bearer token."""
    scheme, _, token = field.strip(" \t").partition(" ")
    # What is no scheme may be a garbled bearer token, which must not fall back to the cookie.
    if not SCHEME.fullmatch(scheme):
        return ""
    if scheme.lower() != "bearer":
        return None
    token = token.lstrip(" ")
    return token if B64TOKEN.fullmatch(token) else ""


def presented(headers: Headers) -> Tuple[str, bool]:
    """The token of a request, empty if there is none, and whether it is a bearer token. That
    outranks the cookie also if it fails; another scheme leaves the cookie in charge."""
    fields = headers.getlist("authorization")
    bearer = "" if len(fields) > 1 else bearer_token(fields[0]) if fields else None
    if bearer is not None:
        return bearer, True
    pairs = [pair.partition("=") for line in headers.getlist("cookie") for pair in line.split(";")]
    found: List[str] = [value for name, _, value in pairs if name.strip(" \t") == COOKIE]
    # Of two cookies of that name, one was set by somebody else.
    return found[0].strip(" \t") if len(found) == 1 else "", False


def verified(sessions: Sessions, token: str, bearer: bool) -> Session:
    """The session of a request, or 401, or 503 if this server cannot decide at present."""
    try:
        return sessions.verify(token)
    except Rejected:
        # `stage` may be counted and logged here; the client learns nothing of it.
        raise refusal(bearer) from None
    except Unavailable:
        raise unavailable() from None


def end_presented(sessions: Sessions, headers: Headers) -> None:
    """Ends the session that a request presents, also by a token that has expired: a copy of it may
    have been renewed. What does not open ends nothing, and the client is not told."""
    try:
        sessions.log_out_token(presented(headers)[0])
    except (Unavailable, PublicationError):
        raise unavailable() from None


def unavailable() -> HTTPException:
    """This server can't decide at present. A 401 would make clients throw their session away."""
    return HTTPException(503, "unavailable", {"Retry-After": "1"})


def set_cookie(headers: MutableHeaders, issued: IssuedSession) -> None:
    age = max(1, issued.session.expires_at - int(time.time()))
    line = f"{COOKIE}={issued.token}; Max-Age={age}; {ATTRIBUTES}"
    if len(line) > COOKIE_MAX:
        raise RequestError(f"the cookie has {len(line)} bytes; the limit is {COOKIE_MAX}")
    headers.append("Set-Cookie", line)
    headers["Cache-Control"] = "no-store"


class Renewal:
    """Renews the cookie when its response begins: not with 5xx, nor beside a cookie of login or
    logout. A dependency of FastAPI can't do that, for what it sets on its response is lost where the
    route returns a response of its own."""

    KEY = "cloakroom.renewal"

    def __init__(self, app: ASGIApp, sessions: Sessions) -> None:
        self.app = app
        self.sessions = sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        # A list, for what is between may hand on a copy of the scope.
        verified: List[Session] = []
        scope[self.KEY] = verified

        async def renewing(message: Message) -> None:
            if message["type"] == "http.response.start" and verified and message["status"] < 500:
                self._renew(verified[-1], MutableHeaders(raw=message["headers"]))
            await send(message)

        await self.app(scope, receive, renewing)

    def _renew(self, session: Session, headers: MutableHeaders) -> None:
        if any(line.startswith(f"{COOKIE}=") for line in headers.getlist("set-cookie")):
            return
        try:
            renewed = self.sessions.renew(session)
            if renewed is not None:
                set_cookie(headers, renewed)
        except CloakroomError:
            pass  # The token at hand is still good, or the next request is told.


def check_origin(request: Request) -> None:
    """403 for a form or script of another site."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None:
        allowed = site in ("same-origin", "none")
    elif origin is None:
        allowed = True
    else:
        try:
            allowed = urlsplit(origin).netloc == request.headers.get("host")
        except ValueError:  # Half of a pair of brackets, for instance.
            allowed = False
    if not allowed:
        raise HTTPException(403, "cross-origin request")


def create_app(sessions: Sessions) -> FastAPI:
    app = FastAPI()
    app.add_middleware(Renewal, sessions=sessions)

    def current(request: Request) -> Session:
        """The session of a request, whose cookie is renewed when it is time."""
        token, bearer = presented(request.headers)
        if request.method not in ("GET", "HEAD", "OPTIONS") and not bearer:
            check_origin(request)
        session = verified(sessions, token, bearer)
        if not bearer:
            request.scope[Renewal.KEY].append(session)
        return session

    @app.get("/me")
    def me(session: Session = Depends(current)) -> Dict[str, Any]:
        # Not the subject as text: it is bytes, and not always UTF-8.
        return {
            "subject": session.subject.hex(), "log_id": session.log_id,
            "payload": len(session.payload),
        }

    @app.get("/page")
    def page(session: Session = Depends(current)) -> Response:
        return Response(f"log id {session.log_id}\n", media_type="text/plain")

    @app.post("/page")
    def change(session: Session = Depends(current)) -> Response:
        return Response(status_code=204)

    @app.post("/login/{user}", dependencies=[Depends(check_origin)])
    def login(user: str, request: Request, response: Response) -> Dict[str, str]:
        # Here the password is checked.
        try:
            issued = sessions.issue(user, b"")
        except RequestError:
            raise HTTPException(400, "no such user can be") from None
        except Unavailable:
            raise unavailable() from None
        end_presented(sessions, request.headers)
        set_cookie(response.headers, issued)
        return {"result": "logged in"}

    @app.post("/logout", dependencies=[Depends(check_origin)])
    def logout(request: Request, response: Response) -> Dict[str, str]:
        end_presented(sessions, request.headers)
        response.headers.append("Set-Cookie", f"{COOKIE}=; Max-Age=0; {ATTRIBUTES}")
        response.headers["Cache-Control"] = "no-store"
        return {"result": "logged out"}

    return app


def main() -> None:
    import uvicorn

    sessions = Sessions(
        parse_ring(Path(os.environ["CLOAKROOM_RING"]).read_text("utf-8")),
        purpose="session",
        policy=Policy(idle=1800, absolute=28800),
        payload=Shape.raw(1),
        revocations=RevocationList(),
        max_token_length=TOKEN_MAX,
    )
    uvicorn.run(create_app(sessions), host="127.0.0.1", port=8000)


if __name__ == "__main__":
    main()
