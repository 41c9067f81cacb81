"""Pages without a login are for a browser on this machine: not for what a proxy passes on, nor under a foreign name.

A site may give its own name this machine's address (DNS rebinding) and so read, in the visitor's browser, what answers here;
and behind a proxy on this machine the whole world looks like this machine.
"""

from __future__ import annotations

from fastapi import Request

from cdp.app.web.pages.context import PageContext

MISDIRECTED = 421
_PASSED_ON = frozenset({"forwarded", "via", "x-real-ip"})


def is_misdirected(request: Request, context: PageContext) -> bool:
    """Whether a page must not answer: there is no login, and who asks may be elsewhere."""
    if context.login is not None:
        return False
    return _host(request) not in context.hosts or _was_passed_on(request)


def _host(request: Request) -> str:
    given = request.headers.get("host", "").lower()
    return given[1:].partition("]")[0] if given.startswith("[") else given.partition(":")[0]


def _was_passed_on(request: Request) -> bool:
    # A proxy that nobody told anything adds no header; nginx then speaks HTTP/1.0, which no browser does.
    if request.scope["http_version"] == "1.0":
        return True
    return any(name in _PASSED_ON or name.startswith("x-forwarded-") for name in request.headers)
