"""Pydantic's findings in our words: a code, what is wrong, and the nearest key."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, Field, ValidationError, create_model

from reconciler.contract.envelope import API_VERSION, Metadata, document_model
from reconciler.diagnostics.suggestions import nearest, offer
from reconciler.diagnostics.validation_words import plain, spelt

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reconciler.contract.kind import Kind


def remnant(document: Mapping[str, Any], error: ValidationError, kind: Kind) -> Any:
    """A document without the fields that pydantic refused, so that what is left can still be checked.

    Nothing is required of it: a field that is missing or was refused has its default, or None.
    """
    refused = {item["loc"][:2] for item in error.errors()}
    written = document.get("metadata")
    name = written.get("name") if isinstance(written, dict) else None
    metadata = _sound(document, "metadata", Metadata, refused)
    return document_model(type(kind)).model_construct(
        metadata=metadata.model_copy(update={"name": name if isinstance(name, str) else ""}),
        spec=_sound(document, "spec", kind.spec, refused),
        absent=document.get("absent") is True,
    )


def _sound(document: Mapping[str, Any], part: str, model: type[BaseModel], refused: set[tuple[Any, ...]]) -> BaseModel:
    written = document.get(part) if (part,) not in refused else None
    fields = written.items() if isinstance(written, dict) else ()
    return _undemanding(model).model_validate({key: value for key, value in fields if (part, key) not in refused})


@cache
def _undemanding(model: type[BaseModel]) -> type[BaseModel]:
    """The same model with nothing required."""
    optional: dict[str, Any] = {
        name: (Annotated[(info.annotation, *info.metadata)], Field(default=None, alias=info.alias))
        for name, info in model.model_fields.items()
        if info.is_required()
    }
    return create_model(model.__name__, __base__=model, **optional)


def written(document: Any, location: Sequence[str | int], *, keep_last: bool) -> tuple[str | int, ...]:
    """The path of pydantic's complaint without the names of union members, which nobody wrote."""
    path: list[str | int] = []
    node = document
    for index, part in enumerate(location):
        if part in (node if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()):
            node = node[part]
        elif not (keep_last and index == len(location) - 1):
            continue
        path.append(part)
    return tuple(path)


def worded(item: Any, path: tuple[str | int, ...], model: type[BaseModel]) -> tuple[str, str, str]:
    """The code, message and hint for one of pydantic's errors."""
    shown = spelt(path)
    match item["type"]:
        case "extra_forbidden":
            known = _known_keys(path[:-1], model)
            return "RC110", f"unknown key `{path[-1]}`", nearest(str(path[-1]), known) or offer(known)
        case "missing":
            return "RC112", f"{shown} is missing", ""
        case "literal_error" if path == ("apiVersion",):
            return "RC115", f"`apiVersion` must be `{API_VERSION}`", ""
        case "string_pattern_mismatch" if path[1:2] not in (("name",), ("was",)):
            hint = "a letter or `_`, then letters, digits, `_` and dots" if "variables" in path else "for example RC703"
            return "RC113", f"{shown} has not the form it must have", hint
        case "string_pattern_mismatch":
            return (
                "RC116",
                f"{shown} must be lower-case words joined by hyphens",
                "for example `front-desk`",
            )
        case "value_error":
            return "RC114" if "number" in shown else "RC113", f"{shown}: {plain(item)}", ""
        case _:
            return "RC113", f"{shown}{'' if (said := plain(item)).startswith('must ') else ':'} {said}", ""


def guide(path: Sequence[str | int], whole: type[BaseModel], kind: str) -> str:
    """The command that explains the field at a path of a document; "" for the envelope's own keys."""
    if path[:1] not in (("spec",), ("metadata",)):
        return ""
    words, model = [kind if path[0] == "spec" else "metadata"], model_of(whole.model_fields[str(path[0])].annotation)
    for part in (each for each in path[1:] if isinstance(each, str)):
        inner = next((info for name, info in _named(model) if name == part), None)
        if inner is None:
            break
        words.append(part)
        model = model_of(inner.annotation)
    return f"reconciler explain {'.'.join(words)}"


def _named(model: Any) -> list[tuple[str, Any]]:
    return [(info.alias or name, info) for name, info in model.model_fields.items()] if model else []


def _known_keys(path: tuple[str | int, ...], whole: type[BaseModel]) -> list[str]:
    """The keys that are allowed at a path, so that a misspelt one finds its nearest."""
    model: Any = whole
    for part in path:
        if isinstance(part, str):
            inner = next((info for name, info in model.model_fields.items() if (info.alias or name) == part), None)
            model = model_of(inner.annotation) if inner else None
        if model is None:
            return []
    return [info.alias or name for name, info in model.model_fields.items()]


def model_of(annotation: Any) -> Any:
    """The model inside an annotation such as ``tuple[Model, ...] | None``; FileText only when alone."""
    if isinstance(annotation, type) and hasattr(annotation, "model_fields"):
        return annotation
    inner = (model_of(part) for part in getattr(annotation, "__args__", ()))
    return next((model for model in inner if model), None)
