"""`gettoken`: an access token for corp id and secret."""

from __future__ import annotations

from cdp.app.sandbox.call import Call, Done
from cdp.app.sandbox.sandbox import Sandbox
from cdp.errors import PlatformError


def gettoken(sandbox: Sandbox, call: Call) -> Done:
    account = sandbox.settings.wecom
    if account is None or call.query.get("corpid") != account.corp_id:
        raise PlatformError("wecom", 40013, "invalid corpid")
    if not account.secret or call.query.get("corpsecret") != account.secret:
        raise PlatformError("wecom", 40001, "invalid credential")
    return Done({"access_token": sandbox.new_token(), "expires_in": sandbox.settings.limits.token_seconds})
