"""[profile] of cdp.toml: how what several sources tell of one field becomes what is known.

A policy is a word, or a table with `policy` and `sources`. The workspace's own attributes stand under `[profile.attributes]`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cdp.app.identity_settings import Wrong
from cdp.conditions.profile import BY_TIME, FIELDS, OWN, POLICIES, FieldPolicy, Policies, Policy
from cdp.conditions.source import suggestion

_ATTRIBUTES = OWN.rstrip(".")
_WORDS = ("policy", "sources")


def read_profile(section: Mapping[str, Any], wrong: Wrong) -> dict[str, FieldPolicy]:
    """The policies of a section, by field. Every mistake is noted, and a field with one is left as last told."""
    own = section.get(_ATTRIBUTES, {})
    if not isinstance(own, Mapping):
        wrong(_ATTRIBUTES, "expected a table of attributes and policies, as in [profile.attributes]")
        own = {}
    found = {name: _of_field(name, said, wrong) for name, said in section.items() if name != _ATTRIBUTES}
    found |= {f"{OWN}{name}": _policy(f"{OWN}{name}", said, POLICIES, wrong) for name, said in own.items()}
    return {name: policy for name, policy in found.items() if policy is not None}


def as_settings(recorded: Mapping[str, Any]) -> dict[str, Any]:
    """Recorded policies as the section that says them."""
    own = {name.removeprefix(OWN): said for name, said in recorded.items() if name.startswith(OWN)}
    plain = {name: said for name, said in recorded.items() if not name.startswith(OWN)}
    return {**plain, _ATTRIBUTES: own} if own else plain


def recorded(policies: Policies) -> dict[str, Any]:
    """Policies as the log keeps them."""
    return {name: {"policy": p.policy, "sources": list(p.sources)} for name, p in sorted(policies.items())}


def _of_field(name: str, said: Any, wrong: Wrong) -> FieldPolicy | None:
    if name not in FIELDS:
        close = suggestion(name, FIELDS)
        hint = close or f"; attributes of your own stand under [profile.{_ATTRIBUTES}]"
        wrong(name, f"a profile has no {name!r} that could have a policy{hint}")
        return None
    return _policy(name, said, FIELDS[name], wrong)


def _policy(name: str, said: Any, allowed: tuple[Policy, ...], wrong: Wrong) -> FieldPolicy | None:
    table = {"policy": said} if isinstance(said, str) else said
    if not isinstance(table, Mapping) or set(table) - set(_WORDS):
        wrong(name, f"expected a policy, or a table with {' and '.join(_WORDS)}")
        return None
    policy = next((p for p in allowed if p == table.get("policy", "latest")), None)
    if policy is None:
        wrong(name, f"{table['policy']!r} is none of {', '.join(allowed)}{suggestion(str(table['policy']), allowed)}")
        return None
    sources = _sources(name, table.get("sources", []), policy, wrong)
    return None if sources is None else FieldPolicy(policy, sources)


def _sources(name: str, given: Any, policy: Policy, wrong: Wrong) -> tuple[str, ...] | None:
    if not isinstance(given, list) or not all(isinstance(s, str) and s for s in given):
        wrong(name, 'sources are a list of texts, as in sources = ["wecom/main", "youzan"]')
    elif len(set(given)) < len(given):
        wrong(name, "a source stands twice among the sources")
    elif given and policy not in BY_TIME:
        wrong(name, f"sources go with {' and '.join(sorted(BY_TIME))}; {policy} takes what all of them say")
    else:
        return tuple(given)
    return None
