"""The documentation is true: the command reference is generated, the first journey passes the check, links lead somewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from journeys.check import check

ROOT = Path(__file__).parents[2]
READMES = ("README.md", "README.zh-CN.md")
GENERATE = [sys.executable, "-m", "typer", "cdp.app.cli.main", "utils", "docs", "--name", "cdp"]


def test_the_command_reference_is_what_the_commands_say() -> None:
    """Written by: python -m typer cdp.app.cli.main utils docs --name cdp --output docs/cli.md"""
    generated = subprocess.run(GENERATE, capture_output=True, text=True, check=True, cwd=ROOT).stdout
    assert (ROOT / "docs" / "cli.md").read_text(encoding="utf-8").strip() == generated.strip()


@pytest.mark.parametrize("readme", READMES)
def test_the_first_journey_passes_the_check(readme: str) -> None:
    (journey,) = re.findall(r"```yaml\n(.+?)```", (ROOT / readme).read_text(encoding="utf-8"), re.DOTALL)
    assert len(journey.splitlines()) <= 10
    assert check({"journeys/zongzi.yaml": journey}, {"timezone": "Asia/Shanghai"}) == []


@pytest.mark.parametrize(
    "page", [*READMES, "CONTRIBUTING.md", *(f"docs/{p.name}" for p in (ROOT / "docs").glob("*.md"))]
)
def test_links_lead_to_files_that_exist(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", text)
    missing = [link for link in links if not (ROOT / page).parent.joinpath(link).exists()]
    assert missing == []
