"""Models inside the fields of a spec, and the secrets in them.

What has a secret inside is never shown whole: ``veiled`` is the form in which a value leaves the comparison.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, get_args

from pydantic import AfterValidator, Field

from reconciler.contract.fields import FileText, Spec, policies
from reconciler.documents.project_files import path_text
from reconciler.redaction import promises_a_secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pydantic import BaseModel

VEIL = "(secret)"
# Headers that say what a request is, and never who sends it.
_HARMLESS = frozenset({"accept", "accept-encoding", "accept-language", "cache-control", "content-type", "user-agent"})
Place = tuple[str | int, ...]


class FileNumber(FileText):
    """A telephone number kept in a file of its own; a sealed one (`.age`) is opened in memory."""


class SealedText(FileText):
    """A secret kept in a sealed file (`.age`), opened in memory."""


class SealedData(FileText):
    """A JSON object of secrets kept in a sealed file (`.json.age`), opened in memory."""


class Destination(Spec):
    """A file that a secret is written to, relative to the manifest or the project; one in `.age` is sealed."""

    file: Annotated[str, AfterValidator(path_text)] = Field(min_length=1, description="Path, inside the project.")


@cache
def shapes(spec: type[BaseModel]) -> Mapping[str, type[Spec] | None]:
    """By manifest key, the model that the field's objects are of, where it has one."""
    by_name = {info.alias or name: model_in(info.annotation) for name, info in spec.model_fields.items()}
    return {name: by_name[name] for name in policies(spec)}


def model_in(annotation: Any) -> type[Spec] | None:
    """The first model inside an annotation such as ``tuple[Model, ...] | None``; a file reference is none."""
    found = (leaf for leaf in leaves(annotation) if isinstance(leaf, type) and issubclass(leaf, Spec))
    return next((model for model in found if not issubclass(model, FileText)), None)


def leaves(annotation: Any) -> list[Any]:
    """The types that an annotation is made of."""
    inner = get_args(annotation)
    return [leaf for part in inner for leaf in leaves(part)] if inner else [annotation]


def may_hold_secret(spec: type[BaseModel], place: Sequence[str | int]) -> bool:
    """Whether a place below ``spec`` is in a field that is never shown."""
    shape: type[BaseModel] | None = spec
    for part in place:
        if isinstance(part, int):
            continue
        policy = policies(shape).get(part) if shape is not None else None
        if policy is None or shape is None:
            return False
        if policy.secret:
            return True
        shape = shapes(shape)[part]
    return False


@cache
def holds_secret(spec: type[BaseModel], name: str) -> bool:
    """Whether a field is a secret, or has one somewhere inside."""
    shape = shapes(spec)[name]
    return policies(spec)[name].secret or (shape is not None and any(holds_secret(shape, it) for it in shapes(shape)))


@cache
def secret_fields(spec: type[BaseModel]) -> frozenset[str]:
    """The fields of a spec that are a secret, or have one somewhere inside."""
    return frozenset(name for name in shapes(spec) if holds_secret(spec, name))


def secrets_in(spec: type[BaseModel], declared: Mapping[str, Any]) -> Iterator[tuple[Place, str]]:
    """Every text in the secrets of a declared spec, by its place."""
    if (secret := secret_fields(spec)).isdisjoint(declared):
        return
    for name, value in declared.items():
        if name in secret:
            yield from _inside(spec, name, value, (name,))


def _inside(spec: type[BaseModel], name: str, value: Any, place: Place) -> Iterator[tuple[Place, str]]:
    shape = shapes(spec)[name]
    if policies(spec)[name].secret:
        yield from texts_in(value, place)
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _inside(spec, name, item, (*place, index))
    elif isinstance(value, dict) and shape is not None:
        yield from (((*place, *inner), text) for inner, text in secrets_in(shape, value))


def texts_in(value: Any, place: Place) -> Iterator[tuple[Place, str]]:
    """Every text in a value that is not empty, by its place."""
    if isinstance(value, str) and value:
        yield place, value
    elif isinstance(value, dict):
        yield from (found for key, item in value.items() for found in texts_in(item, (*place, str(key))))
    elif isinstance(value, list | tuple):
        yield from (found for index, item in enumerate(value) for found in texts_in(item, (*place, index)))


def called(declared: Any, place: Place) -> str:
    """What a secret is the secret of: the name of the header that it is the value of, else its own key."""
    header = _header(declared, place)
    return str(header if header is not None else place[-1])


def is_confidential(declared: Any, place: Place) -> bool:
    """Whether a text in a secret field is one, and no mere setting beside it: a media type, the id of a trunk."""
    header = _header(declared, place)
    if header is not None:
        return header.casefold() not in _HARMLESS
    return promises_a_secret(str(place[-1]))


def _header(declared: Any, place: Place) -> str | None:
    for part in place[:-1]:
        declared = declared[part]
    beside = declared.get("key") if isinstance(declared, dict) and place[-1] == "value" else None
    return beside if isinstance(beside, str) else None


def veiled(spec: type[BaseModel], name: str, value: Any) -> Any:
    """The value of a field without what must not be seen."""
    return replaced(spec, name, value, lambda _place: VEIL) if holds_secret(spec, name) else value


def replaced(
    spec: type[BaseModel], name: str, value: Any, by: Callable[[Place], Any], place: Place = ()
) -> Any:  # fmt: skip - one call
    """The value of a field with every secret in it replaced; ``by`` is told its place below the field."""
    if value is None or name not in shapes(spec):
        return value
    if policies(spec)[name].secret:
        return by(place)
    if isinstance(value, list | tuple):
        return [replaced(spec, name, item, by, (*place, index)) for index, item in enumerate(value)]
    shape = shapes(spec)[name]
    if isinstance(value, dict) and shape is not None:
        return {key: replaced(shape, key, item, by, (*place, key)) for key, item in value.items()}
    return value
