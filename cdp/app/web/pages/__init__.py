"""Pages for people, rendered on the server: what the shop owner looks at on the phone.

`mount(app, context)` puts them on an application. They read through ports only and write nothing to the log.
"""

from __future__ import annotations

from cdp.app.web.pages.context import Inbox, Login, PageContext, Workspace
from cdp.app.web.pages.site import mount
from cdp.app.web.reads.reader import Reader

__all__ = ["Inbox", "Login", "PageContext", "Reader", "Workspace", "mount"]
