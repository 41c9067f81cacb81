"""Message texts: Jinja2 in a sandbox, and which fields a text uses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NoReturn

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, nodes
from jinja2.sandbox import SandboxedEnvironment

from cdp.errors import DefinitionError, MissingField, Problem


@dataclass(frozen=True)
class Template:
    """A text. `fields` are the dotted names it uses, as `person.nickname`, `entry.data.amount_fen`, `spent_90d`."""

    text: str
    fields: tuple[str, ...]

    @staticmethod
    def parse(text: str) -> Template:
        """The template of a text. Raises DefinitionError for one that is no template."""
        return _parsed(text)


def fill(text: str, fields: Mapping[str, Any]) -> str:
    """The text with its fields, given by dotted names. Raises MissingField, naming the field, or DefinitionError."""
    try:
        return str(_compiled(text).render(_Fields.of(fields)))
    except MissingField:
        raise
    except (TemplateError, TypeError, ValueError, ArithmeticError, OverflowError) as error:
        raise _mistake(error, 0) from None


def yuan(fen: int) -> str:
    """Fen as people write money: 6800 is `68`, 6850 is `68.50`."""
    return f"{fen // 100}" if fen % 100 == 0 else f"{fen / 100:.2f}"


class _Fields(dict[str, Any]):
    """A mapping that knows its own name. In a text, a dot after it means an item, never a method."""

    _path = ""

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> _Fields:
        """`{"person.building": "3栋"}` as nested mappings; the roots are always there."""
        root = cls(person=cls.named("person"), entry=cls.named("entry"))
        for name in ("data", "context"):
            root["entry"][name] = cls.named(f"entry.{name}")
        root["person"]["attributes"] = cls.named("person.attributes")
        for dotted, value in fields.items():
            *way, last = dotted.split(".")
            place = root
            for part in way:
                place = place.setdefault(part, cls.named(part))
            place[last] = value
        return root

    @classmethod
    def named(cls, path: str) -> _Fields:
        fields = cls()
        fields._path = path
        return fields


class _Missing(StrictUndefined):
    """Using a missing field without a default raises MissingField with its dotted name."""

    def _fail_with_undefined_error(self, *args: Any, **kwargs: Any) -> NoReturn:
        owner = getattr(self._undefined_obj, "_path", "")
        raise MissingField(f"{owner}.{self._undefined_name}" if owner else str(self._undefined_name))

    __str__ = __len__ = __iter__ = __bool__ = __eq__ = __ne__ = __hash__ = _fail_with_undefined_error
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __lt__ = __gt__ = _fail_with_undefined_error
    __truediv__ = __rtruediv__ = __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = _fail_with_undefined_error
    __le__ = __ge__ = __int__ = __float__ = __call__ = __getitem__ = _fail_with_undefined_error


class _Sandbox(SandboxedEnvironment):
    def getattr(self, obj: Any, attribute: str) -> Any:
        return self.getitem(obj, attribute) if isinstance(obj, _Fields) else super().getattr(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(obj, _Fields):
            return obj[argument] if argument in obj else self.undefined(obj=obj, name=argument)
        return super().getitem(obj, argument)


@lru_cache(maxsize=1)
def _environment() -> SandboxedEnvironment:
    environment = _Sandbox(undefined=_Missing, autoescape=False)
    environment.globals.clear()
    environment.filters["yuan"] = yuan
    return environment


@lru_cache(maxsize=1024)
def _compiled(text: str) -> Any:
    return _environment().from_string(text)


@lru_cache(maxsize=1024)
def _parsed(text: str) -> Template:
    try:
        tree = _environment().parse(text)
        _compiled(text)
    except TemplateSyntaxError as error:
        raise _mistake(error, error.lineno) from None
    except TemplateError as error:
        raise _mistake(error, 0) from None
    return Template(text, tuple(dict.fromkeys(_names(tree, frozenset(_own_names(tree))))))


def _own_names(tree: nodes.Node) -> Iterator[str]:
    """Names that the text itself gives values."""
    return (name.name for name in tree.find_all(nodes.Name) if name.ctx != "load")


def _names(node: nodes.Node, own: frozenset[str]) -> Iterator[str]:
    dotted = _dotted(node)
    if dotted:
        if dotted.split(".")[0] not in own:
            yield dotted
        return
    for child in node.iter_child_nodes():
        yield from _names(child, own)


def _dotted(node: nodes.Node) -> str:
    match node:
        case nodes.Name(name=name):
            return str(name)
        case nodes.Getattr(node=inner, attr=attribute):
            before = _dotted(inner)
            return f"{before}.{attribute}" if before else ""
        case nodes.Getitem(node=inner, arg=nodes.Const(value=str() as key)):
            before = _dotted(inner)
            return f"{before}.{key}" if before else ""
    return ""


def _mistake(error: Exception, line: int) -> DefinitionError:
    where = f" (line {line} of the text)" if line > 1 else ""
    return DefinitionError("a text cannot be used", [Problem("", 0, "", f"this text cannot be used: {error}{where}")])
