"""Every way a call of WeCom's API can end, as a value."""

from __future__ import annotations

from dataclasses import dataclass

import httpx

from cdp.errors import Rejected
from cdp.ports import Deferred, Refused, Unanswered
from connectors.document import Document, json_document
from connectors.wecom.errors import outcome


@dataclass(frozen=True)
class Answered:
    """WeCom did it; this is what it says."""

    document: Document


@dataclass(frozen=True)
class Erred:
    """WeCom answered with an error and did nothing."""

    code: int
    message: str

    def outcome(self) -> Deferred | Refused:
        return outcome(self.code, self.message)


@dataclass(frozen=True)
class Silent:
    """The call went out and no answer came that says whether it was done."""

    message: str

    def outcome(self) -> Unanswered:
        return Unanswered(self.message)


@dataclass(frozen=True)
class Unreached:
    """Nothing went out."""

    message: str

    def outcome(self) -> Deferred:
        return Deferred(0, self.message)


Failure = Erred | Silent | Unreached
Answer = Answered | Failure


def read_answer(path: str, response: httpx.Response) -> Answer:
    """What a response says. A server's own failure (5xx) says nothing about whether the call was done."""
    status = response.status_code
    if status >= 500:
        return Silent(f"{path}: HTTP {status}")
    if status != 200:
        return Erred(status, f"{path}: HTTP {status}")
    try:
        document = json_document(response.content)
        code = document.whole_or("errcode", 0)
    except Rejected:
        return Silent(f"{path}: an answer that cannot be read")
    return Erred(code, f"{path}: {document.text_or('errmsg')[:200]}") if code else Answered(document)
