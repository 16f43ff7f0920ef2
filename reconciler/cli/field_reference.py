"""Reference of fields, from the models that declare them: type, default, choices, example."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from inspect import cleandoc
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from reconciler.cli.field_notes import NOTES
from reconciler.contract.envelope import Metadata
from reconciler.contract.fields import FileText, Ref, policies
from reconciler.kinds import KINDS
from reconciler.load.validation import model_of
from reconciler.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic.fields import FieldInfo

    from reconciler.contract.fields import Policy

_TYPES = {str: "text", int: "whole number", float: "number", bool: "true or false", Any: "anything the vendor takes"}
_SAMPLES = {"text": "…", "whole number": "60", "true or false": "true", "number": "1"}
_FLAGS = (
    ("unordered", "the order of the list means nothing"),
    ("local", "an instruction to this tool: never sent"),
    ("fixed", "it is what the resource is found by, and never written"),
    ("parent", "it lives there, and cannot move"),
    ("immutable", "it cannot be changed once it is there"),
    ("unread", "the account does not tell it: the state keeps a digest of what was sent last"),
    ("personal", "masked in what is printed"),
    ("hashed", "the state keeps a digest of it, never the value"),
    ("secret", "never shown; takes ${env:NAME}"),
)


@dataclass(frozen=True, slots=True)
class Entry:
    """What there is to say of a kind, or of one field of it."""

    path: str
    text: str
    type: str = ""
    default: str = ""
    allowed: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    example: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    range: str = ""
    required: tuple[str, ...] = ()

    def facts(self) -> tuple[tuple[str, str], ...]:
        """What is shown in rows: name and value, the value "" where there is none."""
        return (
            ("type", self.type),
            ("default", self.default),
            ("allowed", ", ".join(self.allowed)),
            ("range", self.range),
            ("note", "; ".join(self.remarks)),
            ("required", ", ".join(self.required)),
        )

    def document(self) -> dict[str, Any]:
        """The same for machines."""
        return {
            "path": self.path,
            "text": self.text,
            "type": self.type,
            "default": self.default,
            "allowed": list(self.allowed),
            "range": self.range,
            "remarks": list(self.remarks),
            "required": list(self.required),
            "example": self.example,
            "fields": [{"name": name, "text": text} for name, text in self.fields],
        }


def find(path: str) -> Entry | None:
    """The entry of ``Agent``, ``agent.voice`` or ``ScheduledCall.attempts.on``; None where there is none."""
    first, *rest = path.replace(".spec.", ".").split(".")
    first = next((root for root in _roots() if root.casefold() == first.casefold()), first)
    model: type[BaseModel] | None = _roots().get(first)
    entry = _of_model(first, model) if model else None
    passed = [first]
    for name in rest:
        info = _fields(model).get(name) if model else None
        if info is None or model is None:
            return None
        passed.append(name)
        entry = _of_field(passed, info, model)
        model = model_of(info.annotation)
    return entry


@cache
def names() -> tuple[str, ...]:
    """Every path that ``find`` knows, two fields deep."""
    return tuple(path for root, model in _roots().items() for path in (root, *_below(root, model, 2)))


def _below(path: str, model: type[BaseModel], depth: int) -> Iterator[str]:
    for name, info in _fields(model).items():
        yield f"{path}.{name}"
        if depth > 1 and (inner := model_of(info.annotation)) is not None:
            yield from _below(f"{path}.{name}", inner, depth - 1)


@cache
def _roots() -> Mapping[str, type[BaseModel]]:
    return {**{name: kind.spec for name, kind in KINDS.items()}, "metadata": Metadata, "project": Settings}


def _fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    return {info.alias or name: info for name, info in model.model_fields.items()}


def _of_model(path: str, model: type[BaseModel]) -> Entry:
    kind = KINDS.get(path)
    text = cleandoc((type(kind).__doc__ if kind else model.__doc__) or "")
    listed = tuple((name, info.description or "") for name, info in _fields(model).items())
    text = f"{text}\n\n{NOTES[path]}" if path in NOTES else text
    return Entry(path, text, fields=listed, required=_required(model))


def _of_field(passed: list[str], info: FieldInfo, model: type[BaseModel]) -> Entry:
    name, annotation = passed[-1], info.annotation
    inner = model_of(annotation)
    kind, choices = _spoken(annotation), tuple(_choices(annotation))
    listed = tuple((key, each.description or "") for key, each in _fields(inner).items()) if inner else ()
    policy = policies(model).get(name)
    remarks = tuple(_remarks(policy)) if policy and passed[0] in KINDS else ()
    path = ".".join(passed)
    text = info.description or _description(annotation) or f"The vendor's `{name}`."
    return Entry(
        path,
        f"{text} {NOTES[path]}" if path in NOTES else text,
        type=kind,
        default=_default(
            info, required=info.is_required(), ours=passed[0] not in KINDS or KINDS[passed[0]].kept_in_state
        ),
        allowed=choices,
        remarks=remarks,
        example=_example(passed, info, choices, kind),
        fields=listed if inner is None or not issubclass(inner, FileText) else (),
        range=_range(info),
        required=_required(inner) if inner is not None and not issubclass(inner, FileText) else (),
    )


def _required(model: type[BaseModel]) -> tuple[str, ...]:
    return tuple(name for name, info in _fields(model).items() if info.is_required())


def _bounds(info: FieldInfo) -> tuple[Any, Any]:
    """The least and the greatest value, None for no bound; of the field itself or of the type it is given."""
    known = [*info.metadata, *_annotations(info.annotation)]
    least = (bound for it in known if (bound := getattr(it, "ge", None)) is not None)
    most = (bound for it in known if (bound := getattr(it, "le", None)) is not None)
    return next(least, None), next(most, None)


def _range(info: FieldInfo) -> str:
    """``1 to 10``, ``0 or more``; "" without a bound."""
    least, most = _bounds(info)
    if least is not None and most is not None:
        return f"{least} to {most}"
    return f"{least} or more" if least is not None else f"{most} at most" if most is not None else ""


def _remarks(policy: Policy) -> Iterator[str]:
    if policy.ref is not None:
        sent = f", sent as `{policy.ref.wire}`" if policy.ref.wire else ""
        yield f"{_names(policy.ref)}{sent}"
    elif policy.wire != policy.name:
        yield f"the vendor calls it `{policy.wire}`"
    yield from (words for flag, words in _FLAGS if getattr(policy, flag))


def _default(info: FieldInfo, *, required: bool, ours: bool) -> str:
    if required:
        return "none: it must be given"
    if info.default_factory is not None or info.default is PydanticUndefined:
        return "that of its parts"
    if info.default is None:
        return "none" if ours else "none: left as it is on the account when it is not declared"
    if isinstance(info.default, tuple | list):
        return ", ".join(map(str, info.default)) or "none"
    return _yaml(info.default) if info.default != {} else "none"


def _spoken(annotation: Any) -> str:
    """A type in words; what pydantic adds to it is told by the description."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _spoken(inner[0])
    if origin in (Union, UnionType):
        return " or ".join(dict.fromkeys("null" if part is type(None) else _spoken(part) for part in inner))
    if origin is Literal:
        return "one of the allowed values"
    if origin is tuple:
        return f"list of {_spoken(inner[0])}"
    if origin is dict:
        return f"mapping of {_spoken(inner[0])} to {_spoken(inner[1])}"
    if isinstance(annotation, type) and issubclass(annotation, FileText):
        return "{file: PATH}"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "mapping with the keys below"
    return _TYPES.get(annotation, "text")


def _choices(annotation: Any) -> Iterator[str]:
    for part in get_args(annotation):
        if get_origin(annotation) is Literal:
            yield _yaml(part)
        else:
            yield from _choices(part)


def _description(annotation: Any) -> str:
    """What an alias such as ``E164`` says of itself."""
    found = (getattr(item, "description", None) for item in _annotations(annotation))
    return next((text for text in found if text), "")


def _annotations(annotation: Any) -> Iterator[Any]:
    yield from getattr(annotation, "__metadata__", ())
    for part in get_args(annotation):
        yield from _annotations(part)


def _example(passed: list[str], info: FieldInfo, choices: tuple[str, ...], kind: str) -> str:
    """The field in its place, as a manifest writes it."""
    given = [
        *(info.examples or ()),
        *(each for it in _annotations(info.annotation) for each in getattr(it, "examples", None) or ()),
    ]
    value = _yaml(given[0]) if given else choices[0] if choices else _sample(info, kind.removesuffix(" or null"))
    if kind.startswith("list of") and value:
        value = f"[{value}]"
    lines = [
        f"{'  ' * depth}{key}:" for depth, key in enumerate(("spec", *passed[1:]) if passed[0] in KINDS else passed[1:])
    ]
    return "\n".join([*lines[:-1], f"{lines[-1]} {value}"]) if value else ""


def _sample(info: FieldInfo, kind: str) -> str:
    """A value of the type, inside the field's range."""
    sample = _SAMPLES.get(kind, "")
    least, most = _bounds(info)
    if not sample.isdecimal() or (least is None and most is None):
        return sample
    inside = (least is None or least <= int(sample)) and (most is None or int(sample) <= most)
    return sample if inside else str(most if least is None else least + 1 if most is None or least < most else least)


def _yaml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value)
    return f'"{text}"' if isinstance(value, str) and (not text or text[0] in "+{[&*!|>%@`#") else text


def _names(ref: Ref) -> str:
    """``the name of an Agent``, ``the names of Integrations``."""
    if ref.many:
        return f"the names of {ref.kind}s, in any order"
    return f"the name of {'an' if ref.kind[0] in 'AEIO' else 'a'} {ref.kind}"
