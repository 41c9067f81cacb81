"""How much memory a process takes, as the kernel tells it."""

from __future__ import annotations

from pathlib import Path


def peak_mb(pid: int | str = "self") -> int:
    """The most it ever held. Not `ru_maxrss`: that begins with what the parent held when the process was forked."""
    return _status_mb(pid, "VmHWM")


def resident_mb(pid: int | str = "self") -> int:
    """What it holds now."""
    return _status_mb(pid, "VmRSS")


def _status_mb(pid: int | str, name: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith(f"{name}:"))
