"""Error codes and profiles: what WeCom's answers mean, on the vendor's own samples."""

from __future__ import annotations

import json

import pytest

from cdp.clock import SECOND
from cdp.errors import Rejected
from cdp.events.catalog import check_data
from cdp.events.touchpoint import Identifier
from cdp.ports import Deferred, Refused
from connectors.document import json_document
from connectors.wecom.contacts import profile
from connectors.wecom.errors import CLASSES, outcome
from connectors.wecom.tenant import Tenant
from tests.connectors.accounts import SAMPLES, fingerprint

BODIES = json.loads((SAMPLES / "errors" / "wecom_error_bodies.synthetic.json").read_text())
CONTACT = json_document((SAMPLES / "wecom_api" / "externalcontact_get.json").read_bytes())


@pytest.mark.parametrize("body", BODIES, ids=lambda body: str(body["errcode"]))
def test_every_sample_error_is_listed(body):
    assert body["errcode"] in CLASSES


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (45009, "later"), (45033, "later"), (-1, "later"), (41096, "later"), (429, "later"),
        (40014, "configuration"), (60020, "configuration"), (404, "configuration"),
        (84061, "permanent"), (41050, "permanent"), (123456, "permanent"),
        (41051, "refused"),
    ],
)  # fmt: skip
def test_what_a_code_makes_of_an_action(code, expected):
    match outcome(code, "text"):
        case Deferred(_, _, after):
            assert expected == "later"
            assert after >= SECOND
        case Refused(_, _, kind):
            assert kind == expected


def test_a_customer_is_known_by_external_id_and_unionid_and_named_only_in_sealed_fields():
    touchpoint = profile(CONTACT, Tenant("ww1"), "wecom/main", fingerprint)

    assert touchpoint.type == "person.profile_changed"
    assert touchpoint.occurred_at == 1525779812 * SECOND
    assert touchpoint.who == (
        Identifier(type="wecom", value="woAJ2GCAAAXtWyujaWJHDDGi0mACHAAA", scope="ww1:own"),
        Identifier(type="unionid", value="ozynqsulJFCZ2z1aYeS8h-nuasdAAA"),
    )
    assert touchpoint.data == {
        "nickname": "李四",
        "remark": "李部长",
        "avatar": "https://p.qlogo.cn/bizmail/IcsdgagqefergqerhewSdage/0",
        "gender": "male",
    }
    assert touchpoint.context == {"staff": "rocky"}
    check_data(touchpoint.type, touchpoint.data)


def test_phones_that_staff_typed_link_nobody():
    touchpoint = profile(CONTACT, Tenant("ww1"), "wecom/main", fingerprint)

    assert "phone" not in {identifier.type for identifier in touchpoint.who}


def test_an_answer_without_a_customer_is_refused():
    with pytest.raises(Rejected):
        profile(json_document('{"errcode": 0}'), Tenant("ww1"), "wecom/main", fingerprint)
