"""One analyst for all tests that leave everything as it is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.asking.shop import Analyst, analyst


@pytest.fixture(scope="session")
def asking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Analyst]:
    with analyst(tmp_path_factory.mktemp("asking")) as somebody:
        yield somebody
