"""Notifications that are sent once each, whichever run notices the event, and never with a number."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

from reconciler import distribution
from reconciler.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from reconciler.notify.settings import Notify, Topic

_LONGEST = 1_500  # characters; some addresses take no more


class Notice(NamedTuple):
    """Something somebody must hear of; ``event`` names it, the same wherever and however often it is noticed."""

    topic: Topic
    event: str
    title: str
    body: str

    @property
    def key(self) -> str:
        """A short name of the event."""
        return hashlib.sha256(f"{self.topic}\n{self.event}".encode()).hexdigest()[:32]


class Notifier:
    """``first`` remembers an event durably and says whether it is new; ``clean`` hides numbers and secrets.

    An event is remembered before it is sent: a message that is lost is better than one that comes a hundred times.
    """

    def __init__(
        self,
        settings: Notify,
        environment: Mapping[str, str],
        *,
        first: Callable[[str], bool],
        clean: Callable[[str], str],
        said: Callable[[str], None],
    ) -> None:
        self._settings, self._first, self._clean, self._said = settings, first, clean, said
        self._addresses = [_resolved(address, environment) for address in settings.to]

    @property
    def balance_below_cents(self) -> int:
        """A balance below this is low."""
        return self._settings.balance_below_cents

    def tell(self, notice: Notice) -> None:
        """Send it, unless nobody asked for such or it was told before; a failure to send is said, and stops nothing."""
        if not self._addresses or notice.topic not in self._settings.on or not self._first(notice.key):
            return
        title, body = self._clean(notice.title), self._clean(notice.body)[:_LONGEST]
        if not _sent(self._addresses, title, body):
            self._said(f"not every notification was taken: {title}")


def _resolved(written: str, environment: Mapping[str, str]) -> str:
    """The address itself; raises InputError where the variable that holds it is not set."""
    scheme, _, name = written.partition(":")
    if scheme != "env" or name.startswith("//"):
        return written
    if not environment.get(name):
        raise InputError(f"`notify.to` names `{name}`, which is not set", code="RC122", hint=f"export {name}=…")
    return environment[name]


def _sent(addresses: list[str], title: str, body: str) -> bool:
    try:
        import apprise  # noqa: PLC0415 - knows a hundred services, and takes its time
    except ImportError:
        raise InputError(
            "the library that sends notifications is not installed",
            code="RC122",
            hint=distribution.with_extra("notify"),
        ) from None
    sender = apprise.Apprise()
    known = [sender.add(address) for address in addresses]
    return bool(sender.notify(title=title, body=body)) and all(known)
