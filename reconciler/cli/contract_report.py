"""`reconciler doctor --contract`: reads the account once and reports what the vendor did not say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler import __version__
from reconciler.api import segment
from reconciler.doctor import contract
from reconciler.errors import ApiError, Rejected

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.api import Api
    from reconciler.cli.session import Session
    from reconciler.doctor.contract import Difference

_FORMAT = "reconciler.contract/v1"
_SIDE_BY_SIDE = 4
_BELOW = "/{id}/"


def report(session: Session) -> int:
    """Print every difference; exit 0, for none of them is a fault of this account."""
    api, _ = session.connect()
    told = contract.told()
    found, asked = _differences(api, told)
    output, ordered = session.output, sorted(found.items())
    if output.form == "json":
        head = {"format": _FORMAT, "version": __version__, "told_by": contract.TOLD_BY, "answers": asked}
        output.json({**head, "differences": contract.as_json(ordered)})
        return 0
    output.data(
        f"{asked} answers compared with {contract.TOLD_BY}: {_counted(len(ordered))} (reconciler {__version__})"
    )
    if ordered:
        output.data("\n".join(["", *contract.lines(ordered)]))
        output.talk("no value of the account is in this list: paste it into an issue as it is")
    return 0


def _counted(count: int) -> str:
    return f"{count} {'difference' if count == 1 else 'differences'}" if count else "no difference"


def _differences(api: Api, told: Mapping[str, Any]) -> tuple[dict[Difference, int], int]:
    """What differs in every answer, and how many came; what is below a list is asked for its first object."""
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - slow to load, and most runs need none

    found: dict[Difference, int] = {}
    answers: dict[str, Any] = {}

    def ask(path: str, address: str) -> None:
        try:
            answers[path] = api.get(address)
        except Rejected as error:
            found[contract.unread(path, f"status {error.status}")] = 1
        except ApiError as error:
            found[contract.unread(path, type(error).__name__)] = 1

    with ThreadPoolExecutor(max_workers=_SIDE_BY_SIDE) as pool:
        list(pool.map(lambda path: ask(path, path), [path for path in told if _BELOW not in path]))
        below = {path: _first(answers.get(path.partition(_BELOW)[0])) for path in told if _BELOW in path}
        list(
            pool.map(
                lambda path: ask(path, path.replace("{id}", segment(below[path]))), [it for it in below if below[it]]
            )
        )
    for path, answer in answers.items():
        found |= contract.differences(path, told[path], answer)
    return found, len(answers)


def _first(answer: Any) -> str:
    """The id of the first object of a list, in an envelope or not; "" where there is none."""
    rows = answer if isinstance(answer, list) else []
    if isinstance(answer, dict):
        rows = next((value for value in answer.values() if isinstance(value, list)), [])
    return str(rows[0].get("id", "")) if rows and isinstance(rows[0], dict) else ""
