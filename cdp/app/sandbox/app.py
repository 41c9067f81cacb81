"""Puts one sandbox together as an ASGI application."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI

from cdp.app.sandbox import calls, control
from cdp.app.sandbox.sandbox import Sandbox
from cdp.app.sandbox.sender import Sender
from cdp.app.sandbox.settings import SandboxSettings

_TICK = 0.2
"""Seconds between looks at what has become due, where the clock runs by itself."""


def create_sandbox(settings: SandboxSettings) -> FastAPI:
    """The application; it opens its receipts here and closes them when the server stops."""
    sandbox = Sandbox(settings)
    sender = Sender(sandbox)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        ticking = None if settings.driven else asyncio.create_task(_tick(sender))
        yield
        if ticking:
            ticking.cancel()
            with suppress(asyncio.CancelledError):
                await ticking
        await sender.close()
        sandbox.journal.close()

    app = FastAPI(title="Linli CDP sandbox", lifespan=lifespan)
    app.include_router(calls.routes(sandbox))
    app.include_router(control.routes(sandbox, sender))
    return app


async def _tick(sender: Sender) -> None:
    while True:
        await asyncio.sleep(_TICK)
        await sender.send_due()
