"""Objects of one bucket below one prefix: conditional reads and writes, and errors in our words.

Amazon S3 and what speaks its protocol, Azure Blob Storage, Google Cloud Storage. Endpoint and credentials come from the
environment as the library reads them, and appear in no message.
"""

from __future__ import annotations

import os
import re
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeAlias, cast
from uuid import uuid4

from reconciler import distribution
from reconciler.errors import InputError, StoreError

try:
    import obstore
    from obstore import exceptions, store
except ImportError:
    raise StoreError("the object store library is not installed", hint=distribution.with_extra("cloud")) from None

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from obstore import PutMode, UpdateVersion
    from obstore.store import ObjectStore

# A request that finds nobody must end, with its retries, well within a minute. Options given in the code replace those
# that the library reads from the environment, so the latter are handed on by name.
CLIENT: dict[str, str] = {"connect_timeout": "5s", "timeout": "30s"}
RETRIES: dict[str, Any] = {"max_retries": 4, "retry_timeout": timedelta(seconds=10)}
NO_RETRIES: dict[str, Any] = {"max_retries": 0, "retry_timeout": timedelta(seconds=0)}
_ENVIRONMENT = (
    *(
        "allow_http",
        "allow_invalid_certificates",
        "connect_timeout",
        "http1_only",
        "http2_only",
        "proxy_ca_certificate",
    ),
    *("proxy_excludes", "proxy_url", "timeout", "user_agent"),
)
_BUCKET = re.compile(r"[A-Za-z0-9$](?:[A-Za-z0-9._-]{1,220}[A-Za-z0-9])?")
_PREFIX = re.compile(r"(?!\.{1,2}(?:/|$))(?:[\w.+=@ -]+(?:/(?!\.{1,2}(?:/|$))[\w.+=@ -]+)*)?")
_QUERY = re.compile(r"\?[^\s)]*")
_CODE = re.compile(r"<Code>(\w+)</Code>")
_STATUS = re.compile(r"status code: (\d{3} [A-Za-z ]+[a-z])")
_LONGEST_TEXT = 300
_SHORTEST_SECRET = 6  # a shorter one is made up, and would be found in words


@dataclass(frozen=True, slots=True)
class _Service:
    """One provider: its class in the library, what its variables begin with, what a bucket is called there."""

    opener: Any
    prefix: str
    bucket: str
    variables: tuple[str, ...]
    secrets: tuple[str, ...]


_SERVICES = {
    "s3": _Service(
        store.S3Store,
        "AWS_",
        "bucket",
        ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_ENDPOINT_URL"),
        ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"),
    ),
    "az": _Service(
        store.AzureStore,
        "AZURE_",
        "container",
        ("AZURE_STORAGE_ACCOUNT_NAME", "AZURE_STORAGE_ACCOUNT_KEY", "AZURE_STORAGE_ENDPOINT"),
        ("AZURE_STORAGE_ACCOUNT_KEY", "AZURE_STORAGE_SAS_KEY", "AZURE_STORAGE_CLIENT_SECRET", "AZURE_STORAGE_TOKEN"),
    ),
    "gs": _Service(
        store.GCSStore,
        "GOOGLE_",
        "bucket",
        ("GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_SERVICE_ACCOUNT"),
        ("GOOGLE_SERVICE_ACCOUNT_KEY",),
    ),
}

_PROBE = "probe"
_NEVER: UpdateVersion = {"e_tag": '"never-written-by-reconciler"', "version": "1"}


class Uncertain(StoreError):
    """A write whose answer did not come: it may have been stored."""


@dataclass(frozen=True, slots=True)
class Found:
    """The bytes of an object, and the tag of the write that made it."""

    body: bytes
    tag: Tag


Tag: TypeAlias = dict[str, str]
Names: TypeAlias = list[str]


class Objects:
    """The bucket of a URL such as ``s3://BUCKET/PREFIX``; every name is below its prefix."""

    def __init__(self, url: str) -> None:
        scheme, _, rest = url.partition(":")
        self._service = _SERVICES[scheme]
        self._bucket, _, prefix = rest.removeprefix("//").partition("/")
        prefix = prefix.strip("/")
        if not rest.startswith("//") or not _BUCKET.fullmatch(self._bucket) or not _PREFIX.fullmatch(prefix):
            raise InputError(
                f"the {scheme}:// setting does not name a {self._service.bucket}",
                code="RC130",
                hint=f"`{scheme}://{self._service.bucket.upper()}/PREFIX`; keys belong in the environment",
            )
        self.description = f"{scheme}://{self._bucket}/{prefix}".rstrip("/")
        with self._explained():
            self._store = self._opened(prefix, RETRIES)
            # A conditional write that the library repeated by itself would fail by its own first try.
            self._once = self._opened(prefix, NO_RETRIES)

    def _opened(self, prefix: str, retries: dict[str, Any]) -> ObjectStore:
        told = {name: os.environ.get(f"{self._service.prefix}{name.upper()}") for name in _ENVIRONMENT}
        options = {**CLIENT, **{name: value for name, value in told.items() if value}}
        made: ObjectStore = self._service.opener(
            self._bucket, prefix=prefix or None, client_options=options, retry_config=retries
        )
        return made

    def get(self, name: str, *, unless: Tag | None = None) -> Found | Tag | None:
        """The object; None when there is none; ``unless`` itself when it still has that tag."""
        options = {"if_none_match": unless["e_tag"]} if unless else {}
        try:
            with self._explained():
                answer = obstore.get(self._store, name, options=options)  # type: ignore[arg-type] # a plain dict
                return Found(bytes(answer.bytes()), _tag(answer.meta))
        except exceptions.NotModifiedError:
            return unless
        except FileNotFoundError:
            return None

    def replace(self, name: str, body: bytes, *, over: Tag | None) -> Tag | None:
        """Write over that tag, or what must not exist; the new tag, or None when somebody else was first.

        Sent once. Uncertain when the answer did not come: it may have been stored.
        """
        mode: PutMode = cast("UpdateVersion", over) if over else "create"
        try:
            with self._explained(uncertain=True):
                return _tag(obstore.put(self._once, name, body, mode=mode, use_multipart=False))
        except (exceptions.PreconditionError, exceptions.AlreadyExistsError):
            return None
        except FileNotFoundError:
            raise self._missing() from None

    def check_that_writes_are_let_in(self) -> None:
        """StoreError where they are not. Writes nothing: the condition of this write cannot hold."""
        with suppress(exceptions.PreconditionError, exceptions.AlreadyExistsError, FileNotFoundError):
            with self._explained():
                obstore.put(self._once, _PROBE, b"", mode=_NEVER, use_multipart=False)
            self.delete([_PROBE])
            raise self._unconditional()

    def check_that_conditions_count(self) -> None:
        """StoreError where the service writes over what must not exist: two runs would overwrite each other."""
        name = f"{_PROBE}-{uuid4().hex}"
        self.put(name, b"")
        try:
            if self.replace(name, b"", over=None) is not None:
                raise self._unconditional()
        finally:
            self.delete([name])

    def _unconditional(self) -> StoreError:
        return StoreError(
            f"{self.description}: the service ignores the condition of a write",
            hint="use one that honours `If-None-Match` and `If-Match` on PUT: otherwise runs overwrite each other",
        )

    def put(self, name: str, body: bytes) -> None:
        """Write an object of a name that nobody else uses."""
        try:
            with self._explained():
                obstore.put(self._store, name, body, use_multipart=False)
        except FileNotFoundError:
            raise self._missing() from None

    def names(self, folder: str) -> Names:
        """The names of all objects below a folder."""
        try:
            with self._explained():
                return sorted(meta["path"] for page in obstore.list(self._store, folder) for meta in page)
        except FileNotFoundError:
            return []

    def delete(self, names: Sequence[str]) -> None:
        """Remove objects; those that are gone already are no matter."""
        for name in names:
            try:
                with self._explained():
                    obstore.delete(self._store, name)
            except FileNotFoundError:
                continue

    @contextmanager
    def _explained(self, *, uncertain: bool = False) -> Iterator[None]:
        """The library's errors as ours; those that are an answer to the question go on as they are."""
        try:
            yield
        except (exceptions.NotModifiedError, exceptions.PreconditionError, exceptions.AlreadyExistsError):
            raise
        except FileNotFoundError:
            raise
        except (exceptions.PermissionDeniedError, exceptions.UnauthenticatedError) as error:
            raise StoreError(
                f"{self.description}: the service refused these credentials ({self._said(error)})",
                hint=f"check {', '.join(self._service.variables)}, and that they may read and write there",
            ) from None
        except (exceptions.BaseError, ValueError) as error:
            if "NoSuchBucket" in str(error) or "ContainerNotFound" in str(error):
                raise self._missing() from None
            kind = Uncertain if uncertain else StoreError
            raise kind(
                f"{self.description}: {self._said(error)}",
                hint=f"check the network and {', '.join(self._service.variables)}",
            ) from None

    def _missing(self) -> StoreError:
        return StoreError(
            f"{self.description}: there is no {self._service.bucket} `{self._bucket}`",
            hint=f"create the {self._service.bucket}, or name another one in `state`",
        )

    def _said(self, error: Exception) -> str:
        """What the library says, without its debug text, queries (they may be signed) or keys."""
        text = str(error).partition("\n\nDebug source")[0]
        status, code = _STATUS.search(text), _CODE.search(text)
        if status or code:
            return " ".join(found[1] for found in (status, code) if found)
        text = _QUERY.sub("", " ".join(text.split()))
        for name in self._service.secrets:
            secret = os.environ.get(name, "")
            text = text.replace(secret, "***") if len(secret) >= _SHORTEST_SECRET else text
        return text[:_LONGEST_TEXT]


def _tag(answer: Any) -> Tag:
    """What a write expects to find: providers tell it by an ETag, a version or both."""
    told = {"e_tag": answer["e_tag"], "version": answer["version"]}
    return {name: str(value) for name, value in told.items() if value is not None}
