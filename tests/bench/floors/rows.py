"""The floor of a list of calls: the csv module, and one dataclass a row.

python -m bench.floors.rows FILE
"""

from __future__ import annotations

import csv
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Row:
    """One row as it is written."""

    id: str
    phone: str
    when: str
    zone: str
    name: str
    time: str


def rows(path: Path) -> list[Row]:
    """Every row of a table but its header."""
    with path.open(newline="", encoding="utf-8") as file:
        table = csv.reader(file)
        next(table)
        return [Row(*cells) for cells in table]


if __name__ == "__main__":
    print(len(rows(Path(sys.argv[1]))))  # noqa: T201 - a script
