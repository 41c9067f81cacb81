"""Proof that a form came from one of our own pages, in this very browser."""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import urlsplit

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


def check_order(request: Request, login: Login | None, given: str) -> None:
    """Raises 403 for an order that did not come from a page of ours. Without a login the browser itself must say so."""
    if login is not None:
        check(request, login, given)
    elif _comes_from_elsewhere(request) or not _has_our_origin(request):
        raise HTTPException(403)


def check(request: Request, login: Login, given: str) -> None:
    """Raises 403 for a token that is not this browser's, and for a form that another site sent."""
    bound = request.cookies.get(SESSION) or request.cookies.get(VISITOR)
    if (
        not bound
        or _comes_from_elsewhere(request)
        or not hmac.compare_digest(token_for(login, bound).encode(), given.encode())
    ):
        raise HTTPException(403)


def _comes_from_elsewhere(request: Request) -> bool:
    return request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}


def _has_our_origin(request: Request) -> bool:
    """Every browser says where a form comes from; what says nothing is no browser, and no other site can make it ask."""
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")
