"""Show how a document names bytes: they are digested when it is read, and read again when they are sent."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import pytest

from reconciler.contract.fields import Content, Largest, Spec
from reconciler.errors import Rejected
from reconciler.kinds.rest import RestKind
from reconciler.load.contents import ProjectContents
from reconciler.load.reader import Loaded, load
from reconciler.settings import find_project

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2030, 1, 14, tzinfo=UTC)
PDF = b"%PDF-1.7\x00\xff"


class PaperSpec(Spec):
    """Something with a content."""

    content: Annotated[Content | None, Largest(2048)] = None


class Paper(RestKind):
    """A kind whose content may be bytes."""

    name = "Paper"
    spec = PaperSpec
    path = "/v1/papers"


def read(root: Path, content: str) -> Loaded:
    manifest = f"apiVersion: reconciler/v1\nkind: Paper\nmetadata: {{name: prices}}\nspec: {{content: {content}}}\n"
    (root / "manifests").mkdir(exist_ok=True)
    (root / "manifests" / "a.yaml").write_text(manifest, encoding="utf-8")
    return load([], find_project(root), {"Paper": Paper()}, now=NOW)


def declared(loaded: Loaded) -> Any:
    return loaded.resources["Paper/prices"].declared["content"]


def test_bytes_are_declared_as_their_digest_and_read_again_when_they_are_sent(tmp_path: Path) -> None:
    (tmp_path / "prices.pdf").write_bytes(PDF)
    loaded = read(tmp_path, "{file: prices.pdf}")
    assert loaded.findings == []
    assert declared(loaded) == {"sha256": hashlib.sha256(PDF).hexdigest(), "size": 10}
    assert ProjectContents(find_project(tmp_path), {})(loaded.resources["Paper/prices"], "content") == PDF


def test_a_renamed_file_is_the_same_content(tmp_path: Path) -> None:
    for name in ("a.pdf", "b.pdf"):
        (tmp_path / name).write_bytes(PDF)
    assert declared(read(tmp_path, "{file: a.pdf}")) == declared(read(tmp_path, "{file: b.pdf}"))


def test_a_file_that_changes_between_plan_and_apply_is_not_sent(tmp_path: Path) -> None:
    (tmp_path / "prices.pdf").write_bytes(PDF)
    loaded = read(tmp_path, "{file: prices.pdf}")
    (tmp_path / "prices.pdf").write_bytes(PDF[::-1])
    with pytest.raises(Rejected, match="changed while we were applying"):
        ProjectContents(find_project(tmp_path), {})(loaded.resources["Paper/prices"], "content")


def test_a_text_is_sent_as_it_is_written(tmp_path: Path) -> None:
    loaded = read(tmp_path, "Opening hours.")
    assert declared(loaded) == "Opening hours."
    assert ProjectContents(find_project(tmp_path), {})(loaded.resources["Paper/prices"], "content") == b"Opening hours."


def test_a_file_over_its_limit_is_an_error_that_names_the_limit(tmp_path: Path) -> None:
    (tmp_path / "prices.pdf").write_bytes(b"x" * 2049)
    (finding,) = read(tmp_path, "{file: prices.pdf}").findings
    assert finding.code == "RC141"
    assert finding.message == "`prices.pdf` is larger than 2 KiB"
