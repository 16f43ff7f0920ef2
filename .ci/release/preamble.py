"""Start of the single-file program: ends in one sentence where its compiled parts cannot run."""

import sys

_PYTHONS = "@PYTHONS@"
_PLATFORM = "@PLATFORM@"
_HERE = f"{sys.version_info[0]}.{sys.version_info[1]}"

if _HERE not in _PYTHONS.split(", ") or sys.platform != _PLATFORM:
    sys.stderr.write(
        f"error: this file runs on Python {_PYTHONS} on {_PLATFORM}, this is Python {_HERE} on {sys.platform}: "
        "pip install thunderphone-reconciler\n"
    )
    sys.exit(1)
