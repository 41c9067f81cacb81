"""`cdp serve`: one process that takes events in, projects, advances, delivers and shows."""

from __future__ import annotations

import gc
import logging
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from cdp.app.opening import prepare
from cdp.app.operations.runtime import Runtime
from cdp.app.schedule import schedule
from cdp.app.settings import Settings
from cdp.app.system import build
from cdp.app.web.app import create_app
from cdp.app.worker import Worker
from cdp.app.workspace import remove_run_info, write_run_info
from cdp.errors import UsageError

_logger = logging.getLogger("cdp.serve")
_SWITCH_SECONDS = 0.001
_ALLOCATIONS = 20_000
_BACKLOG = 2048


def serve(settings: Settings, *, port: int | None = None, announce: Callable[[str], None] = lambda _: None) -> None:
    """Serve the workspace until SIGINT or SIGTERM. Port 0 takes a free one; the address stands in `data/run.json`.

    `announce` hears the address once the workspace is open.

    Raises WorkspaceError when another process holds the workspace, UsageError when the port is taken.
    """
    listener = _listen(settings.server.host, settings.server.port if port is None else port)
    system = build(settings)
    worker = Worker(system)
    runtime = Runtime(system, worker, serving=True)
    try:
        prepare(runtime)
        host, bound = listener.getsockname()[:2]
        url = f"http://{f'[{host}]' if ':' in host else host}:{bound}"
        # From here on whoever knocks waits until the doors open, and is not sent away.
        listener.listen(_BACKLOG)
        info = write_run_info(settings.data, url)
        app = create_app(runtime, info.token)
        worker.start()
        announce(url)
        _logger.info("serving", extra={"fields": {"url": url, "position": system.log.head()}})
        _run(runtime, uvicorn.Server(_config(app)), listener)
    finally:
        worker.stop()
        remove_run_info(settings.data)
        system.close()
        listener.close()
        # Let the collector see everything again, or what is left over is complained about when the process ends.
        gc.unfreeze()
        _logger.info("stopped")


def _run(runtime: Runtime, server: uvicorn.Server, listener: socket.socket) -> None:
    # Threads that compute should not keep the doors waiting for the interpreter's usual 5 ms.
    sys.setswitchinterval(_SWITCH_SECONDS)
    # What was imported stays for good: the collector need not walk through it again and again while events come in.
    gc.collect()
    gc.freeze()
    gc.set_threshold(_ALLOCATIONS, 20, 20)
    scheduler = schedule(runtime)
    if scheduler is not None:
        scheduler.start()
    try:
        with _outlived(signal.SIGTERM):
            server.run(sockets=[listener])
    finally:
        if scheduler is not None:
            scheduler.shutdown(wait=False)


@contextmanager
def _outlived(terminate: signal.Signals) -> Iterator[None]:
    # When the HTTP server has stopped for a signal it raises it once more, which would end the process before the
    # files are closed.
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(terminate, lambda *_: None)
    try:
        yield
    finally:
        signal.signal(terminate, before)


def _config(app: FastAPI) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_config=None,
        log_level="warning",
        access_log=False,
        lifespan="off",
        server_header=False,
        timeout_graceful_shutdown=5,
    )


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        message = (
            f"{host}:{port} cannot be used ({error.strerror}); choose another with --port, or --port 0 for a free one"
        )
        raise UsageError(message) from None
    return listener
