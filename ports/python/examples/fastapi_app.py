"""Sessions in a FastAPI application: a dependency, and routes that log in and out.

The dependency works in Starlette as well; it needs the request's headers and nothing else. Run it
with a ring file and any user name:

    CLOAKROOM_RING=ring.txt python3 -m examples.fastapi_app
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any, Dict, List, Optional
from urllib.parse import urlsplit

from fastapi import Depends, FastAPI, HTTPException, Request, Response
from starlette.datastructures import Headers

from cloakroom import (
    IssuedSession, Policy, Rejected, RevocationList, Session, Sessions, Shape, Unavailable,
    parse_ring,
)

COOKIE = "__Host-session"
ATTRIBUTES = "Path=/; Secure; HttpOnly; SameSite=Lax"
COOKIE_MAX = 4096


def refusal(bearer: bool) -> HTTPException:
    """One answer for every reason there is."""
    headers = {"Cache-Control": "no-store"}
    if bearer:
        headers["WWW-Authenticate"] = 'Bearer error="invalid_token"'
    return HTTPException(401, "unauthorized", headers)


def presented(headers: Headers) -> str:
    """The token of a request, empty if there is none. A bearer token outranks the cookie."""
    fields = headers.getlist("authorization")
    if fields:
        scheme, _, token = fields[0].partition(" ")
        if len(fields) > 1 or scheme.lower() != "bearer":
            raise refusal(bearer=True)
        return token.lstrip(" ")
    pairs = [pair.partition("=") for line in headers.getlist("cookie") for pair in line.split(";")]
    found: List[str] = [value for name, _, value in pairs if name.strip(" \t") == COOKIE]
    # Of two cookies of that name, one was set by somebody else.
    return found[0].strip(" \t") if len(found) == 1 else ""


def verified(sessions: Sessions, headers: Headers) -> Session:
    """The session of a request, or 401, or 503 if this server cannot decide at present."""
    token = presented(headers)
    try:
        return sessions.verify(token)
    except Rejected:
        # `stage` may be counted and logged here; the client learns nothing of it.
        raise refusal("authorization" in headers) from None
    except Unavailable:
        raise HTTPException(503, "unavailable", {"Retry-After": "1"}) from None


def set_cookie(response: Response, issued: IssuedSession) -> None:
    age = max(1, issued.session.expires_at - int(time.time()))
    line = f"{COOKIE}={issued.token}; Max-Age={age}; {ATTRIBUTES}"
    if len(line) > COOKIE_MAX:
        raise RuntimeError("the session does not fit into a cookie")
    response.headers.append("Set-Cookie", line)
    response.headers["Cache-Control"] = "no-store"


def check_origin(request: Request) -> None:
    """403 for a form or script of another site."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None:
        allowed = site in ("same-origin", "none")
    else:
        allowed = origin is None or urlsplit(origin).netloc == request.headers.get("host")
    if not allowed:
        raise HTTPException(403, "cross-origin request")


def create_app(sessions: Sessions) -> FastAPI:
    app = FastAPI()

    def renewing(request: Request, response: Response) -> Session:
        """For ordinary pages: renews the cookie when it is time. Headers set here are sent with
        what the route returns, and not with errors."""
        session = verified(sessions, request.headers)
        if "authorization" not in request.headers:
            renewed: Optional[IssuedSession] = None
            try:
                renewed = sessions.renew(session)
            except Unavailable:
                pass  # The token at hand is still good.
            except Rejected:
                raise refusal(bearer=False) from None
            if renewed is not None:
                set_cookie(response, renewed)
        return session

    # A route that sets a cookie of its own, a change of password for instance, depends on `verified`
    # alone: one response carries one session cookie.

    @app.get("/me")
    def me(session: Session = Depends(renewing)) -> Dict[str, Any]:
        return {"log_id": session.log_id, "payload": len(session.payload)}

    @app.post("/login/{user}", dependencies=[Depends(check_origin)])
    def login(user: str, response: Response) -> Dict[str, str]:
        # Here the password is checked.
        try:
            set_cookie(response, sessions.issue(user, b""))
        except Unavailable:
            raise HTTPException(503, "unavailable", {"Retry-After": "1"}) from None
        return {"result": "logged in"}

    @app.post("/logout", dependencies=[Depends(check_origin)])
    def logout(request: Request, response: Response) -> Dict[str, str]:
        # By the token: it may have expired while a copy of it was renewed.
        sessions.log_out_token(presented(request.headers))
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
    )
    uvicorn.run(create_app(sessions), host="127.0.0.1", port=8000)


if __name__ == "__main__":
    main()
