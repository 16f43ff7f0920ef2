"""Live values in the words of a manifest: ids as names, without the vendor's own keys."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import TypeAdapter, ValidationError

from reconciler.contract.fields import FileText, attributes
from reconciler.contract.shapes import leaves, model_in, shapes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.contract.fields import Policy, Ref, Spec
    from reconciler.contract.kind import Kind
    from reconciler.contract.resolver import Resolver


_DOLLARS = re.compile(r"(\$+)(\{[^}\n]*\}?)")  # of which a reader takes each pair for one
_FOLLOWED = re.compile(r"(?<!\$)(?:\$\$)*\$\{")


class Nameless(Exception):
    """A live reference to something that has no name here; the message is the end of a sentence."""


def live_value(kind: Kind, policy: Policy, body: Mapping[str, Any], resolver: Resolver) -> Any:
    """The live value of a field as a manifest would say it; raises Nameless for an id that is not ours."""
    value, ref = policy.live(body), policy.ref
    if ref is not None and ref.wire and value is not None:
        return [_name(ref, item, resolver) for item in value] if ref.many else _name(ref, value, resolver)
    return as_written(kind.spec, policy.name, trimmed(value, shapes(kind.spec)[policy.name]))


def as_written(spec: type[Spec], name: str, value: Any) -> Any:
    """A text as a manifest spells it (``09:00`` of ``09:00:00``); as it is where a manifest could not say it."""
    if not isinstance(value, str):
        return value
    try:
        read = _reader(spec, name).validate_python(value)
    except ValidationError:
        return value
    return read if isinstance(read, str) else value


@cache
def _reader(spec: type[Spec], name: str) -> TypeAdapter[Any]:
    info = spec.model_fields[attributes(spec)[name]]
    told: Any = Annotated[(info.annotation, *info.metadata)] if info.metadata else info.annotation
    return TypeAdapter(told)


def _name(ref: Ref, value: Any, resolver: Resolver) -> str:
    name = resolver.name(ref, value)
    if name is None:
        raise Nameless(f"points at {ref.kind} {'id ' if ref.sends == 'id' else ''}{value}, which no manifest declares")
    return name


class Borrowed(str):
    """A reference to the environment (``${env:NAME}``) that stands for a secret nobody can read again."""

    __slots__ = ()


def literal(value: Any) -> Any:
    """A live value as a file says it: what reads like a reference to a variable (``${…}``) is text (``$${…}``)."""
    if isinstance(value, Borrowed):
        return str(value)
    if isinstance(value, str):
        return _DOLLARS.sub(lambda found: 2 * found[1] + found[2], value)
    if isinstance(value, dict):
        return {key: literal(item) for key, item in value.items()}
    return [literal(item) for item in value] if isinstance(value, list) else value


def mentions_variable(written: Any) -> bool:
    """Whether any text inside refers to a variable or a secret."""
    if isinstance(written, dict):
        return any(map(mentions_variable, written.values()))
    if isinstance(written, list):
        return any(map(mentions_variable, written))
    return isinstance(written, str) and _FOLLOWED.search(written) is not None


def trimmed(value: Any, shape: type[Spec] | None) -> Any:
    """A value without the keys that the vendor adds when it is read (contract 2.2.3: ``platform_ok``)."""
    if shape is None:
        return value
    if isinstance(value, list):
        return [trimmed(item, shape) for item in value]
    if not isinstance(value, dict):
        return value
    inner = {info.alias or name: model_in(info.annotation) for name, info in shape.model_fields.items()}
    return {key: trimmed(item, inner[key]) for key, item in value.items() if key in inner}


@cache
def kept_in_files(spec: type[Spec]) -> frozenset[str]:
    """The manifest keys whose text may lie in a file of its own."""
    return frozenset(
        info.alias or name for name, info in spec.model_fields.items() if FileText in leaves(info.annotation)
    )
