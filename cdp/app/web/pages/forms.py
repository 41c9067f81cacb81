"""Proof that a form came from one of our own pages."""

from __future__ import annotations

import hashlib
import hmac

from fastapi import HTTPException, Request

from cdp.app.web.pages.context import Login

FIELD = "csrf"
SESSION = "session"


def token(request: Request, login: Login | None) -> str:
    """The token a form of this browser must carry; empty where there is no login and so no form that changes anything."""
    if login is None:
        return ""
    bound_to = request.cookies.get(SESSION, "") or "visitor"
    return hmac.new(login.secret, f"csrf:{bound_to}".encode(), hashlib.sha256).hexdigest()


def check(request: Request, login: Login, given: str) -> None:
    """Raises 403 when the token is not this browser's, or the browser says that another site sent the form."""
    elsewhere = request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}
    if elsewhere or not hmac.compare_digest(token(request, login).encode(), given.encode()):
        raise HTTPException(403, "csrf")
