"""The test shop, projected once for all tests, and a client that reads its pages."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from cdp.app.web.pages import PageContext
from tests.web.serving import application, context
from tests.web.shop import Shop


@pytest.fixture(scope="session")
def shop() -> Shop:
    return Shop()


@pytest.fixture(scope="session")
def world(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> PageContext:
    folder: Path = tmp_path_factory.mktemp("tables")
    return context(folder, shop)


@pytest.fixture(scope="session")
def app(world: PageContext) -> FastAPI:
    return application(world)


@pytest.fixture
def client(app: FastAPI) -> TestClient:
    """A visitor without cookies, who sees redirects."""
    return TestClient(app, follow_redirects=False)
