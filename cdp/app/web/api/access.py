"""Who may do what: the workspace's own token from `run.json`, or an access key with a scope."""

from __future__ import annotations

import base64
import binascii
import hmac
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request

from cdp.app.keys import Keys, Scope


@dataclass(frozen=True)
class Caller:
    """Whoever called: the default `source` of what they bring, and whether it is the workspace's own command line."""

    source: str
    own: bool = False
    key: str = ""
    """The id of the access key."""


class Access:
    """Checks the secret of a request: `Authorization: Bearer SECRET`, or Basic with the secret as user name."""

    def __init__(self, keys: Keys, token: str):
        self._keys, self._token = keys, token

    def require(self, request: Request, scope: Scope) -> Caller:
        """The caller, if they may. Raises 401 without a known secret, 403 when it does not reach that far."""
        return self.admit(secret_of(request), scope)

    def admit(self, secret: str, scope: Scope) -> Caller:
        """The caller with this secret, wherever it stood; raises as `require` does."""
        if secret and hmac.compare_digest(secret.encode(), self._token.encode()):
            return Caller("cdp", own=True)
        key = self._keys.find(secret) if secret else None
        if key is None:
            raise HTTPException(
                401, "an access key is needed; make one with `cdp key create`", {"WWW-Authenticate": "Bearer"}
            )
        if not key.may(scope):
            raise HTTPException(403, f"this key has the scope {key.scope}; this needs {scope}")
        return Caller(key.source, key=key.id)


def secret_of(request: Request) -> str:
    """The secret that a request carries in its headers; empty without one."""
    scheme, _, rest = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip()
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(rest, validate=True).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""
