"""One analyst for all tests of a module that leave everything as it is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.asking.shop import Analyst, analyst


@pytest.fixture(scope="module")
def asking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Analyst]:
    with analyst(tmp_path_factory.mktemp("asking")) as somebody:
        yield somebody
