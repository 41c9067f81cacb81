"""Renders a text at delivery, when the sealed fields have been opened. The outbox calls this; deciding never does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from journeys.template import fill


def render(template: str, values: Mapping[str, Any], sealed_values: Mapping[str, str]) -> str:
    """The text. Both mappings have dotted names for keys, as in `params` of `action.requested`.

    Raises MissingField for a field without value and without default, DefinitionError for a text that cannot be used;
    answers no half-filled text.
    """
    return fill(template, {**values, **sealed_values})
