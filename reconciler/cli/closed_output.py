"""Output of a process that was started without a stdout."""

from __future__ import annotations

import errno
import io


class ClosedOutput(io.TextIOBase):
    """The stdout of a process that was started without one (`>&-`): OSError for whatever is written."""

    def write(self, text: str) -> int:
        """Never."""
        del text
        raise OSError(errno.EBADF, "stdout is closed")
