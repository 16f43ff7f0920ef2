"""Delivery of what the platform shows once: into the file that is named, else sealed into the state."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reconciler.errors import InputError
from reconciler.schedule.clock import stamp
from reconciler.sealing import SUFFIX, Sealing
from reconciler.state import shown_once

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from reconciler.model import Resource
    from reconciler.settings import Project
    from reconciler.state.ledger import Ledger

_PRIVATE = 0o600


class SecretDelivery:
    """Puts a secret where its document says; ``hide`` is told it first, so that nothing lets it out."""

    def __init__(
        self, project: Project, ledger: Ledger, now: Callable[[], datetime], hide: Callable[[str], None]
    ) -> None:
        """Try to seal once where there are recipients: after a create it would be too late to find that it cannot."""
        self._project, self._ledger, self._now, self._hide = project, ledger, now, hide
        self._sealing = Sealing(project.settings.secrets, project.root, os.environ)
        if self._sealing.seals:
            self._sealing.seal(b"")

    def __call__(self, resource: Resource, outputs: Mapping[str, Any]) -> None:
        """All of it, or none; raises InputError where the answer has no secret or the file cannot be written."""
        missing = [name for name, value in outputs.items() if not isinstance(value, str) or not value]
        for value in outputs.values():
            if isinstance(value, str) and value:
                self._hide(value)
        if missing:
            raise InputError(f"the platform did not show `{missing[0]}`", code="RC407")
        text = "\n".join(outputs.values()) + "\n"
        aimed = resource.declared.get("secret_to")
        if aimed is None:
            shown_once.keep(
                self._ledger, resource.address, self._sealing.seal(text.encode()), at=stamp(self._now())
            )  # fmt: skip - one call
            return
        path = self._project.root / aimed["file"]
        write_private(path, self._sealing.seal(text.encode()) if path.suffix == SUFFIX else text.encode())


def write_private(path: Path, data: bytes) -> None:
    """Put bytes in place of a file that only its owner may read; raises InputError (RC125) where that fails."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mode 0600
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).chmod(_PRIVATE)
            Path(temporary).replace(path)
        except OSError:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise InputError(f"`{path.name}` cannot be written: {error.strerror}", code="RC125") from None
