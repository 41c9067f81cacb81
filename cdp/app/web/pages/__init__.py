"""Pages for people, rendered on the server: what the shop owner looks at on the phone.

`mount(app, context)` puts them on an application. They touch nothing but their ports; what a person orders on a page goes
through the operation that the command line calls.
"""

from __future__ import annotations

from cdp.app.web.pages.context import Desk, Inbox, Login, Outbox, PageContext, Reach, Register, Workspace
from cdp.app.web.pages.site import mount
from cdp.app.web.reads.reader import Reader

__all__ = ["Desk", "Inbox", "Login", "Outbox", "PageContext", "Reach", "Reader", "Register", "Workspace", "mount"]
