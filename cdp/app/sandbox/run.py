"""Runs the sandbox as a server of its own."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable

import uvicorn

from cdp.app.sandbox.app import create_sandbox
from cdp.app.sandbox.settings import SandboxSettings, from_workspace
from cdp.app.settings import Settings
from cdp.errors import WorkspaceError


def run_sandbox(settings: SandboxSettings, announce: Callable[[str], None] = lambda url: None) -> None:
    """Serve until interrupted; `announce` gets the address once it is bound. Raises WorkspaceError when it cannot be."""
    listener = bind(settings)
    try:
        host, port = listener.getsockname()[:2]
        announce(f"http://{host}:{port}")
        server(settings).run(sockets=[listener])
    finally:
        listener.close()


def run_for_workspace(
    settings: Settings, port: int | None = None, announce: Callable[[str], None] | None = None
) -> None:
    """Serve as the other side of a workspace's accounts; says on standard output where, unless told otherwise."""
    run_sandbox(from_workspace(settings, port), announce or _say)


def bind(settings: SandboxSettings) -> socket.socket:
    """A listening socket. Raises WorkspaceError naming address and port."""
    try:
        return socket.create_server((settings.host, settings.port))
    except OSError as error:
        message = (
            f"the sandbox cannot listen on {settings.host}:{settings.port}: {error.strerror}; choose another --port"
        )
        raise WorkspaceError(message) from None


def server(settings: SandboxSettings) -> uvicorn.Server:
    """The server, not yet running."""
    config = uvicorn.Config(
        create_sandbox(settings),
        log_level="critical",
        access_log=False,
        timeout_graceful_shutdown=2,
        timeout_keep_alive=30,
    )
    return uvicorn.Server(config)


def _say(url: str) -> None:
    # At once, also into a pipe: whoever started us waits for this line.
    sys.stdout.write(f"{url}\n")
    sys.stdout.flush()
