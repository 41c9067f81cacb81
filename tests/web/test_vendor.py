"""The browser files we serve are upstream's, byte for byte."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from pathlib import Path
from types import ModuleType

import pytest

TOOL = Path(__file__).parents[2] / "tools" / "vendor.py"


@pytest.fixture(scope="module")
def vendor() -> ModuleType:
    spec = importlib.util.spec_from_file_location("vendor_tool", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["vendor_tool"] = module
    spec.loader.exec_module(module)
    return module


def test_the_committed_files_are_those_of_the_lock(vendor: ModuleType) -> None:
    assert vendor.check() == []


def test_a_changed_file_a_missing_file_and_a_stray_file_are_each_named(vendor: ModuleType, tmp_path: Path) -> None:
    folder = tmp_path / "vendor"
    shutil.copytree(vendor.VENDOR, folder)
    (folder / "htmx-4.0.1.min.js").write_text("alert(1)")
    (folder / "NOTICE.echarts.txt").unlink()
    (folder / "stray.js").write_text("")

    assert vendor.check(folder) == [
        "NOTICE.echarts.txt: in the lock, not in the folder",
        "stray.js: in the folder, not in the lock",
        "htmx-4.0.1.min.js: sha256 differs from the lock",
    ]


def test_the_lock_names_no_address_and_every_package_has_its_licence(vendor: ModuleType) -> None:
    lock = (vendor.VENDOR / vendor.LOCK).read_text(encoding="utf-8")

    assert "://" not in lock
    assert all(any(name.startswith("LICENSE") for _, name in package.files) for package in vendor.PACKAGES)
