"""The API of the account that a run is about: over the network, or of the embedded platform."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from reconciler.cli.credential import credential
from reconciler.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.api import Api
    from reconciler.cli.options import Options
    from reconciler.emulator import Platform
    from reconciler.errors import ApiError
    from reconciler.schedule.clock import Clock
    from reconciler.settings import Settings


def api_of(
    options: Options,
    settings: Settings,
    *,
    clock: Clock,
    read_only: bool,
    announce: Callable[[ApiError, float], None],
    platform: Callable[[], Platform],
) -> tuple[Api, str]:
    """The API and its address; raises InputError where there is no key, or the run may not have a live account."""
    from reconciler.api import connect  # noqa: PLC0415 - httpx is slow to load

    output = options.output
    open_at = partial(
        connect, clock=clock, read_only=read_only, announce=announce, trace=output.trace if output.debug else None
    )
    if options.emulator:
        from reconciler.emulator import EMULATED_KEY, EmulatorTransport  # noqa: PLC0415 - only for --emulator

        transport = EmulatorTransport(platform())
        return open_at(base_url="https://emulator.invalid", key=EMULATED_KEY, transport=transport), "emulator"
    if options.now is not None and not read_only:
        raise InputError("--now is for plans and the emulator: a live account has its own time", code="RC124")
    used = credential(options, options.api_url or settings.api_url)
    if not used.chosen:
        output.talk(f"account: {used.source}")
    key = used.key.reveal()
    output.hide_secret(key)
    return open_at(base_url=used.address, key=key), used.address
