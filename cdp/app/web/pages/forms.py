"""Proof that a form came from one of our own pages, in this very browser."""

from __future__ import annotations

import hashlib
import hmac

from fastapi import HTTPException, Request

from cdp.app.web.pages.context import Login

SESSION = "session"
VISITOR = "visitor"
"""A random number for browsers that have no session yet, so that nobody can log a stranger in."""


def token(request: Request, login: Login | None) -> str:
    """What a form of this browser must carry; empty where there is no login and so nothing to protect."""
    return token_for(login, request.cookies.get(SESSION) or request.cookies.get(VISITOR, ""))


def token_for(login: Login | None, bound_to: str) -> str:
    """The token of a session or visitor."""
    if login is None:
        return ""
    return hmac.new(login.secret, f"csrf:{bound_to}".encode(), hashlib.sha256).hexdigest()


def check(request: Request, login: Login, given: str) -> None:
    """Raises 403 for a token that is not this browser's, and for a form that another site sent."""
    bound = request.cookies.get(SESSION) or request.cookies.get(VISITOR)
    elsewhere = request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}
    if not bound or elsewhere or not hmac.compare_digest(token_for(login, bound).encode(), given.encode()):
        raise HTTPException(403)
