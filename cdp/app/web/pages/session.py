"""Who is logged in: a signed cookie, good for a week and as long as its key, that says a name and the key's id."""

from __future__ import annotations

import secrets

from fastapi import Request, Response
from itsdangerous import BadSignature, URLSafeTimedSerializer

from cdp.app.web.pages.context import Login, Reach
from cdp.app.web.pages.forms import SESSION

_WEEK = 7 * 24 * 3600


def who(request: Request, login: Login) -> str | None:
    """The name behind the session cookie; None without one, when it is forged or older than a week, or its key revoked."""
    name, key = _read(request, login)
    return name if key and login.holds(key) else None


def may(request: Request, login: Login | None, reach: Reach) -> bool:
    """Whether whoever asks reaches that far; without a login whoever sits at this machine does."""
    if login is None:
        return True
    _, key = _read(request, login)
    return bool(key) and login.may(key, reach)


def begin(request: Request, answer: Response, login: Login, name: str, key: str) -> None:
    """Give the browser a session, for as long as the key holds."""
    remember(request, answer, SESSION, _signer(login).dumps([name, key, secrets.token_hex(8)]))


def remember(request: Request, answer: Response, name: str, value: str) -> None:
    """Set a cookie that scripts and other sites do not see."""
    secure = request.url.scheme == "https"
    answer.set_cookie(name, value, max_age=_WEEK, httponly=True, samesite="lax", secure=secure)


def _read(request: Request, login: Login) -> tuple[str, str]:
    """The name and the key's id of the session cookie; empty where there is none to be believed."""
    try:
        name, key, _ = _signer(login).loads(request.cookies.get(SESSION, ""), max_age=_WEEK)
    except (BadSignature, ValueError, TypeError):
        return "", ""
    return str(name), str(key)


def _signer(login: Login) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(login.secret, salt="session")
