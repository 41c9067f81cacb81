"""A directory that cannot be written: one sentence and an exit code, no traceback."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes.running import command


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Path]:
    """A workspace on a file system that takes no writes; as root, permissions alone would not stop anybody."""
    directory = tmp_path / "shop"
    directory.mkdir()
    (directory / "cdp.toml").write_text("[workspace]\n", encoding="utf-8")
    if os.geteuid() != 0:
        directory.chmod(0o555)
        yield directory
        directory.chmod(0o755)
        return
    bound = [["mount", "--bind", str(directory), str(directory)], ["mount", "-o", "remount,ro,bind", str(directory)]]
    if any(subprocess.run(step, capture_output=True, check=False).returncode for step in bound):
        subprocess.run(["umount", str(directory)], capture_output=True, check=False)
        pytest.skip("a read-only mount needs the right to mount")
    yield directory
    subprocess.run(["umount", "-l", str(directory)], check=True)


@pytest.mark.parametrize("arguments", [("serve", "--port", "0"), ("status",), ("journey", "deploy")])
def test_a_read_only_directory_is_one_sentence(read_only: Path, arguments: tuple[str, ...]) -> None:
    result = command(*arguments, workspace=read_only, check=False)
    assert result.returncode == 2
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    assert result.stderr.count("\n") == 1
    assert str(read_only) in result.stderr
