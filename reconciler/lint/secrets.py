"""Rules about secrets in manifests, where everybody who reads the repository sees them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reconciler.contract.shapes import called, is_confidential, secrets_in
from reconciler.lint.rule import Complaint, at

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from reconciler.model import Resource


def in_clear(resources: Mapping[str, Resource], now: datetime) -> Iterator[Complaint]:
    """A secret that neither the environment lends nor a sealed file holds; the settings beside one are none."""
    del now
    for resource in resources.values():
        for place, _ in secrets_in(type(resource.spec), resource.declared):
            if place not in resource.lent and is_confidential(resource.declared, place):
                what = called(resource.declared, place)
                name = re.sub(r"[^A-Z0-9]+", "_", f"{resource.address.name}_{what}".upper()).strip("_")
                yield at(
                    resource,
                    f"the secret of `{what}` stands in clear: everybody who reads the repository has it",
                    f"write `${{env:{name}}}` and set that, or seal it into a file: reconciler seal FILE",
                    *place,
                )
