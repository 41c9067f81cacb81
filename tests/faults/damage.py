"""Files as accidents leave them: a good one in which something was cut out, put in, turned round or doubled."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

JUNK = (
    b"", b"\x00", b"\xff", b"\xfe\xff", b"\r", b"\n", b'"', b"'", b",", b";", b"[", b"]", b"{", b"}", b"=", b":", b"- ", b"&a ",
    b"*a", b"null", b"-1", b"1e999", b"-1e999999999999999999999", b"9" * 40, b"9" * 5000, "粽".encode(), b"\\ud800", b"%Y", b"{c}", b"$ref", b"#/", b"\t",
    b"[[", b"]]", b"'''", b'"""', b"true", b"2026-13-45", b"PK\x03\x04", b"PAR1",
)  # fmt: skip


@st.composite
def damaged(draw: st.DrawFn, *samples: bytes, junk: Sequence[bytes] = JUNK) -> bytes:
    """One of the samples with a few accidents, or bytes that never were one."""
    if draw(st.integers(0, 9)) == 0:
        return draw(st.binary(max_size=80))
    content = draw(st.sampled_from(samples))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(content)))
        end = min(len(content), start + draw(st.sampled_from([0, 1, 2, 7, 30, 200])))
        piece = content[start:end]
        put = draw(st.sampled_from([*junk, piece * 2, piece[::-1], bytes(b ^ 1 for b in piece)]))
        content = content[:start] + put + content[end:]
    return content
