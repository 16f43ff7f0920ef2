"""Field policies: how a field is sent, compared and shown, said where it is declared.

Policy sits on the field as an annotation and is read once per model: from the same annotations come the
comparison, the request body, the dependency order, the masking and the JSON Schema.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cache
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from reconciler.documents.placeholders import is_placeholder
from reconciler.documents.project_files import path_text
from reconciler.telephony import phone_numbers


@dataclass(frozen=True, slots=True)
class Ref:
    """The name of another resource; sent as its id under ``wire``, or kept as a name where ``wire`` is "".

    ``many``: a set of names, in any order; ``read`` is the key it is read back under (as ids, or as objects with an
    ``id``) where that is another. ``sends`` is a declared field of what is named that goes out in place of its id.
    ``brings`` is a field of what is named, and the key under which its value is compared with the name.
    """

    kind: str
    wire: str = ""
    brings: tuple[str, str] | None = None
    many: bool = False
    read: str = ""
    sends: str = "id"

    def names(self, value: Any) -> tuple[str, ...]:
        """The names in a declared value; none in one that is null or no name at all."""
        if isinstance(value, str):
            return (value,)
        return tuple(name for name in value if isinstance(name, str)) if isinstance(value, list | tuple) else ()


@dataclass(frozen=True, slots=True)
class Unread:
    """The account does not tell the field, or masks it: what was sent last is remembered as a digest.

    ``readable`` are the keys of its objects that come back all the same and are compared. ``alone``: a request of its
    own tells it whole, so that it is compared where one was made.
    """

    readable: tuple[str, ...] = ()
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Means:
    """A word that only the live side says (``failing``), and the declared word that it comes to (``active``)."""

    live: str
    declared: str


@dataclass(frozen=True, slots=True)
class Wire:
    """The vendor's name of the field where it is not the manifest's."""

    name: str


@dataclass(frozen=True, slots=True)
class Policy:
    """How one field is treated; each flag is one annotation below.

    ``unordered``: the order of a list means nothing. ``text``: white space at the ends means nothing (the
    vendor's framework trims it). ``local``: an instruction to this tool, never sent or compared.
    ``fixed``: the identity itself, found by and never written. ``parent``: on a reference, the path starts there.
    ``immutable``: a difference is a replacement, refused unless the kind can replace. ``unread``: see ``Unread``.
    ``largest``: the most bytes of a file it may name. ``means``: words of the live side, as ``Means`` says.
    ``personal``: somebody's number or name, masked in output and hashed in state. ``secret``: never shown at all.
    ``hashed``: the observed side holds digests. ``recorded``: compared only where the observed side holds it, which
    an older state may not.
    """

    name: str = ""
    wire: str = ""
    ref: Ref | None = None
    unordered: bool = False
    text: bool = False
    local: bool = False
    fixed: bool = False
    parent: bool = False
    immutable: bool = False
    unread: Unread | None = None
    largest: int = 0
    means: tuple[Means, ...] = ()
    personal: bool = False
    secret: bool = False
    hashed: bool = False
    recorded: bool = False
    literal: bool = field(init=False, compare=False)

    def __post_init__(self) -> None:
        """``literal``: a live value that is equal is what was declared, and nothing else has to be asked."""
        special = self.local or self.fixed or self.recorded or self.hashed
        object.__setattr__(self, "literal", not (special or self.ref or self.means or self.unread))

    @property
    def read_as(self) -> str:
        """The key of the live object that tells the field."""
        return self.ref.read if self.ref is not None and self.ref.read else self.wire

    def live(self, body: Mapping[str, Any]) -> Any:
        """The live value of the field, as it is compared."""
        return self.canonical(body.get(self.read_as))

    def canonical(self, value: Any) -> Any:
        """A value that the account tells, as it is compared: a set of references as its ids, in one order."""
        if self.ref is not None and self.ref.many:
            ids = (item.get("id") if isinstance(item, Mapping) else item for item in value or ())
            return sorted(dict.fromkeys(map(wire_id, ids)), key=str)
        if self.ref is not None and self.ref.wire and self.ref.sends == "id":
            return wire_id(value)
        return next((it.declared for it in self.means if it.live == value), value) if self.means else value

    def hides(self, live: Any) -> bool:
        """Whether a live value is no more than the account tells of a field that it leaves out or masks."""
        return self.unread is not None and not (self.unread.alone and isinstance(live, str))

    def told(self, body: Mapping[str, Any]) -> bool:
        """Whether the live object says anything of the field."""
        return self.read_as in body


def wire_id(id_: Any) -> Any:
    """An id as it is sent and compared: opaque to us, but the vendor's whole ones are JSON numbers (contract, X5)."""
    return int(id_) if isinstance(id_, str) and id_.isascii() and id_.isdecimal() else id_


@dataclass(frozen=True, slots=True)
class Flag:
    """An annotation that switches on one flag of ``Policy``."""

    name: str


UNORDERED = Flag("unordered")
TEXT = Flag("text")
LOCAL = Flag("local")
FIXED = Flag("fixed")
PARENT = Flag("parent")
IMMUTABLE = Flag("immutable")
UNREAD = Unread()
PERSONAL = Flag("personal")
SECRET = Flag("secret")
HASHED = Flag("hashed")
RECORDED = Flag("recorded")


class Spec(BaseModel):
    """What every part of a manifest is: frozen, and closed to keys nobody knows."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=False, hide_input_in_errors=True, defer_build=True)


class FileText(Spec):
    """Text kept in a file of its own; read relative to the manifest, or else to the project."""

    file: Annotated[str, AfterValidator(path_text)] = Field(
        description="Path of the file, inside the project.", min_length=1
    )


class FileContent(FileText):
    """Bytes kept in a file of their own; what is declared and compared of them is their digest."""


class FileTable(FileContent):
    """Rows kept in a file of their own: CSV with a header line, or JSON lines."""


@dataclass(frozen=True, slots=True)
class Largest:
    """The most bytes that a file may have; 1 MiB where nothing is said."""

    size: int


def _number(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        raise ValueError('a telephone number must be quoted: write it as "+1415555XXXX"')  # noqa: TRY004 - pydantic's way
    return phone_numbers.normalise(value) if isinstance(value, str) else value


def _american_number(value: Any) -> Any:
    """As the vendor reads transfer numbers: without a country code they are US (SDK, TransferDestination)."""
    if isinstance(value, str) and is_placeholder(value):
        return value.strip()
    return phone_numbers.normalise(value, "US") if isinstance(value, str) else _number(value)


E164 = Annotated[
    str, BeforeValidator(_number), Field(description="A telephone number in E.164 form.", examples=["+14155550199"])
]
TransferNumber = Annotated[
    str,
    BeforeValidator(_american_number),
    Field(description="A telephone number, or exactly one {{variable}}.", examples=["+14155550100"]),
]
Prose = Annotated[str | FileText, TEXT]
Content = Annotated[str | FileContent, Unread(alone=True)]


def spoken(value: Any) -> Any:
    """A text that may be left out, and is neither null nor blank where it is written."""
    if value is None or (isinstance(value, str) and (not value or value.isspace())):
        raise ValueError("is empty, and the vendor requires a prompt")
    return value


Prompt = Annotated[str | FileText, TEXT, BeforeValidator(spoken)]


def _positive(value: int) -> int:
    if value <= 0:
        raise ValueError("must be greater than 0")
    return value


Seconds = Annotated[int, AfterValidator(_positive)]


@cache
def policies(model: type[BaseModel]) -> Mapping[str, Policy]:
    """The policy of each field of a spec model, by manifest key.

    Read from the class's own annotations: what pydantic keeps of them on a field has changed between its versions,
    and a dropped flag shows somebody's number.
    """
    hints = get_type_hints(model, include_extras=True)
    return {
        info.alias or name: _policy(info.alias or name, [*_annotated(hints[name])])
        for name, info in model.model_fields.items()
    }


@cache
def attributes(model: type[BaseModel]) -> Mapping[str, str]:
    """The attribute of a spec model for each manifest key."""
    return {info.alias or name: name for name, info in model.model_fields.items()}


@cache
def references(model: type[BaseModel]) -> Mapping[str, Ref]:
    """The fields of a spec model that name another resource, by manifest key."""
    return {name: policy.ref for name, policy in policies(model).items() if policy.ref is not None}


def named(model: type[BaseModel], declared: Mapping[str, Any]) -> Iterator[tuple[str, Ref, str]]:
    """Each name of another resource in a declared spec: the manifest key, its reference, the name."""
    found = references(model)
    for key in () if found.keys().isdisjoint(declared) else found:
        value = declared.get(key)
        if isinstance(value, str):
            yield key, found[key], value
        elif value is not None:
            yield from ((key, found[key], name) for name in found[key].names(value))


@cache
def bringing(model: type[BaseModel]) -> tuple[tuple[str, Ref, tuple[str, str]], ...]:
    """The references that bring along what the named document says: by which key, and which field as what."""
    return tuple((key, ref, ref.brings) for key, ref in references(model).items() if ref.brings is not None)


@cache
def parent(model: type[BaseModel]) -> Policy | None:
    """The reference that the vendor's path starts at; None for what is not nested."""
    return next((policy for policy in policies(model).values() if policy.parent), None)


@cache
def personal(model: type[BaseModel]) -> tuple[str, ...]:
    """The manifest keys of a spec model that hold somebody's number or name."""
    return tuple(name for name, policy in policies(model).items() if policy.personal)


def _annotated(hint: Any) -> Iterator[Any]:
    """What a type is annotated with, outside and on the members of a union (``Prose | None``)."""
    if get_origin(hint) is Annotated:
        yield from hint.__metadata__
        yield from _annotated(hint.__origin__)
    elif get_origin(hint) in (Union, UnionType):
        for member in get_args(hint):
            yield from _annotated(member)


def _policy(name: str, metadata: Sequence[Any]) -> Policy:
    flags = {item.name: True for item in metadata if isinstance(item, Flag)}
    ref = next((item for item in metadata if isinstance(item, Ref)), None)
    wire = next((item.name for item in metadata if isinstance(item, Wire)), "")
    unknown = set(flags) - {item.name for item in fields(Policy)}
    if unknown:
        raise TypeError(f"{name}: no such policy: {sorted(unknown)}")
    return Policy(
        name=name,
        wire=wire or (ref.wire if ref else "") or name,
        ref=ref,
        unread=next((item for item in metadata if isinstance(item, Unread)), None),
        largest=next((item.size for item in metadata if isinstance(item, Largest)), 0),
        means=tuple(item for item in metadata if isinstance(item, Means)),
        **flags,
    )
