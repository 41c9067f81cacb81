"""What a workspace owes from before, done whenever it is opened: by a server, and by a command that finds none."""

from __future__ import annotations

from cdp.app.blocked import blocked_surrogates
from cdp.app.closing import close_days
from cdp.app.configure import configure
from cdp.app.operations.erasure import finish_erasures
from cdp.app.operations.runtime import Runtime


def prepare(runtime: Runtime) -> None:
    """What is due before anything else: finish interrupted erasures, record the configuration, close past days."""
    system = runtime.system
    finish_erasures(runtime)
    configure(system.log, system.settings, system.clock, blocked_surrogates(system))
    close_days(system.log, system.clock, system.settings.workspace.timezone, system.inbox)
