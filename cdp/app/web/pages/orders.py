"""Who gives an order on a page, and whether they may."""

from __future__ import annotations

from fastapi import HTTPException, Request

from cdp.app.web.pages import forms, session
from cdp.app.web.pages.context import Reach
from cdp.app.web.pages.view import View


def giver(view: View, request: Request, csrf: str, reach: Reach = "operate") -> str:
    """The name to put on record; empty where nobody logs in. Raises 403 for a foreign form, or a key that may not."""
    login = view.context.login
    forms.check_order(request, login, csrf)
    if not session.may(request, login, reach):
        raise HTTPException(403)
    return (session.who(request, login) or "") if login is not None else ""
