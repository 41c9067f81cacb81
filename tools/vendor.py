"""Bring the browser files of the interface into the package, and prove that they are what upstream published.

`python tools/vendor.py` fetches each package with `npm pack`, compares the tarball with the integrity that the lock
holds, copies the few files we serve together with their licences, and writes the lock. `--check` needs neither npm
nor a network: it compares every file with the lock and names all differences. Users never run this; the files are
committed.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

VENDOR = Path(__file__).resolve().parent.parent / "cdp" / "app" / "web" / "static" / "vendor"
LOCK = "vendor.lock.json"


@dataclass(frozen=True)
class Package:
    """One npm package at one exact version, and which of its files we serve under which name."""

    name: str
    version: str
    licence: str
    files: tuple[tuple[str, str], ...]


PACKAGES = (
    Package("htmx.org", "4.0.1", "0BSD", (("dist/htmx.min.js", "htmx-4.0.1.min.js"), ("LICENSE", "LICENSE.htmx.txt"))),
    Package(
        "echarts",
        "6.1.0",
        "Apache-2.0 AND BSD-3-Clause",
        (
            ("dist/echarts.min.js", "echarts-6.1.0.min.js"),
            ("LICENSE", "LICENSE.echarts.txt"),
            ("licenses/LICENSE-d3", "LICENSE.echarts-d3.txt"),
            ("NOTICE", "NOTICE.echarts.txt"),
        ),
    ),
    Package(
        "swagger-ui-dist",
        "5.35.0",
        "Apache-2.0",
        (
            ("swagger-ui-bundle.js", "swagger-ui-5.35.0.js"),
            ("swagger-ui.css", "swagger-ui-5.35.0.css"),
            ("LICENSE", "LICENSE.swagger-ui.txt"),
            ("swagger-ui-bundle.js.LICENSE.txt", "LICENSE.swagger-ui-parts.txt"),
            ("NOTICE", "NOTICE.swagger-ui.txt"),
        ),
    ),
)


def check(folder: Path = VENDOR) -> list[str]:
    """Every way in which the folder differs from its lock; empty when there is none."""
    locked = {name: digest for entry in _read_lock(folder) for name, digest in entry["files"].items()}
    present = {path.name for path in folder.iterdir()} - {LOCK}
    problems = [f"{name}: in the lock, not in the folder" for name in sorted(locked.keys() - present)]
    problems += [f"{name}: in the folder, not in the lock" for name in sorted(present - locked.keys())]
    problems += [
        f"{name}: sha256 differs from the lock"
        for name in sorted(present & locked.keys())
        if _sha256((folder / name).read_bytes()) != locked[name]
    ]
    return problems


def vendor(folder: Path = VENDOR) -> None:
    """Fetch every package and write its files and the lock. Raises ValueError if a tarball is not the locked one."""
    folder.mkdir(parents=True, exist_ok=True)
    known = {(e["name"], e["version"]): e["integrity"] for e in _read_lock(folder)}
    entries = [_fetch(package, folder, known.get((package.name, package.version))) for package in PACKAGES]
    (folder / LOCK).write_text(json.dumps({"packages": entries}, indent=2) + "\n", encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0 when the folder is as it should be, 1 when it is not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare the committed files with the lock, offline")
    if not parser.parse_args(arguments).check:
        vendor()
    problems = check()
    sys.stderr.writelines(f"{problem}\n" for problem in problems)
    return 1 if problems else 0


def _fetch(package: Package, folder: Path, expected: str | None) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as scratch:
        command = ["npm", "pack", f"{package.name}@{package.version}", "--pack-destination", scratch, "--silent"]
        subprocess.run(command, check=True, capture_output=True, cwd=scratch)
        (tarball,) = Path(scratch).glob("*.tgz")
        integrity = "sha512-" + base64.b64encode(hashlib.sha512(tarball.read_bytes()).digest()).decode()
        if expected is not None and integrity != expected:
            raise ValueError(f"{package.name}@{package.version}: got {integrity}, the lock says {expected}")
        files = _copy(tarball, package, folder)
    return {
        "name": package.name,
        "version": package.version,
        "licence": package.licence,
        "integrity": integrity,
        "files": files,
    }


def _copy(tarball: Path, package: Package, folder: Path) -> dict[str, str]:
    digests = {}
    with tarfile.open(tarball) as archive:
        for inside, name in package.files:
            member = archive.extractfile(f"package/{inside}")
            if member is None:
                raise ValueError(f"{package.name}@{package.version} has no file {inside}")
            content = member.read()
            (folder / name).write_bytes(content)
            digests[name] = _sha256(content)
    return digests


def _read_lock(folder: Path) -> list[dict[str, Any]]:
    path = folder / LOCK
    if not path.exists():
        return []
    packages: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["packages"]
    return packages


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
