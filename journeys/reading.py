"""What the reader of a step is given besides its place in the file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from cdp.conditions.condition import Condition
from cdp.conditions.source import Source, suggestion
from cdp.conditions.vocabulary import SEALED_ATTRIBUTES, Vocabulary, unknown_type
from cdp.errors import DefinitionError
from cdp.events.catalog import CATALOG
from journeys.moves import Block
from journeys.template import Template


@dataclass(frozen=True)
class Reading:
    """How to read the parts that steps have in common."""

    vocabulary: Vocabulary
    """The words of conditions inside the journey."""
    block: Callable[[Source], Block]
    """Reads a list of steps."""

    def condition(self, source: Source) -> Condition | None:
        """A condition whose words all mean something here."""
        condition = source.condition()
        for message in self.vocabulary.problems(condition) if condition else ():
            source.wrong(message)
        return condition

    def event(self, event: Source, where: Source | None) -> tuple[str, Condition | None]:
        """An event type, empty if there is no such type, and a condition about such an event."""
        name = event.text() or ""
        if name and (message := unknown_type(name)):
            event.wrong(message)
            name = ""
        if where is None or not name:
            return name, None
        return name, replace(self, vocabulary=replace(self.vocabulary, event=(name,))).condition(where)

    def template(self, source: Source) -> Template | None:
        """A text whose fields all exist."""
        text = source.text()
        if text is None:
            return None
        try:
            template = Template.parse(text)
        except DefinitionError as error:
            for problem in error.problems:
                source.wrong(problem.message)
            return None
        for field in template.fields:
            if message := self._field_problem(field):
                source.wrong(message)
        return template

    def _field_problem(self, field: str) -> str:
        """What is wrong with a field of a text: like in conditions, but sealed fields are allowed."""
        root, _, name = field.partition(".")
        if root == "person" and name in SEALED_ATTRIBUTES:
            return ""
        if field.startswith("entry.data.") and self._is_sealed(field.removeprefix("entry.data.")):
            return ""
        if root in ("data", "context"):
            return f"the text uses {field!r}; the event that let the person in is entry.{field}"
        try:
            problems = self.vocabulary.problems(Condition.parse(f"{field} IS NULL"))
        except DefinitionError:
            close = suggestion(field, ["person", "entry.data", "entry.context", *self.vocabulary.traits])
            return f"the text uses {field!r}, which means nothing here{close}"
        return f"the text uses {field!r}: {problems[0]}" if problems else ""

    def _is_sealed(self, name: str) -> bool:
        return any(name in CATALOG[e].identifying for e in self.vocabulary.entry if e in CATALOG)
