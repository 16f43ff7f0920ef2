"""One comment for each subject on a pull request: written once, then rewritten.

A comment is found again by a hidden mark on its first line, and only among our own: anybody may write the
mark into a comment, and a plan must not appear under the name of somebody who can edit it afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

# Characters; GitHub takes 65,536, GitLab a million, Bitbucket 32,768 and Azure DevOps 150,000.
LONGEST = {"github": 65_000, "gitlab": 65_000, "bitbucket": 32_500, "azure": 65_000}
HTML_MARK = "<!-- reconciler {} -->"
# A link that nobody refers to: Bitbucket shows HTML as it is written, and every Markdown hides this.
LINK_MARK = "[//]: # (reconciler {})\n"


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment that is there; ``own`` when the token that reads it also wrote it."""

    id: str
    body: str
    own: bool


class Thread(Protocol):
    """The conversation of one pull request; every method raises NotPosted.

    ``mark`` is how a comment begins, with a place for the digest of its subject.
    """

    mark: str

    def comments(self) -> Iterator[Comment]:
        """Every comment, the oldest first, all pages."""
        ...

    def write(self, body: str) -> str:
        """Add a comment; its address for people."""
        ...

    def rewrite(self, id_: str, body: str) -> str:
        """Replace a comment; its address for people."""
        ...

    def remove(self, id_: str) -> None:
        """Take a comment away."""
        ...


def mark(subject: str, written: str = HTML_MARK) -> str:
    """The hidden first line of the comments on a subject: "plan", or "plan" of one environment and folder."""
    return written.format(sha256(subject.encode()).hexdigest()[:16])


def post(thread: Thread, subject: str, text: str) -> str:
    """Make ``text`` the one comment of ours on the subject; its address for people.

    Two runs at once may each have written a first one: the oldest stays, the others go, so that nobody
    approves by one that is out of date. Raises NotPosted.
    """
    first_line = mark(subject, thread.mark)
    body = f"{first_line}\n{text}"
    ours = [it for it in thread.comments() if it.own and it.body.startswith(first_line.rstrip("\n"))]
    if not ours:
        return thread.write(body)
    address = thread.rewrite(ours[0].id, body)
    for surplus in ours[1:]:
        thread.remove(surplus.id)
    return address
