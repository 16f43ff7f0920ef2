"""What the agent says of each contact is a column of the contacts, and each column is said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from campaigns.project import Campaigns, campaigns

if TYPE_CHECKING:
    from collections.abc import Iterator

ERROR = 1


@pytest.fixture
def project() -> Iterator[Campaigns]:
    with campaigns() as made:
        yield made


def declare(project: Campaigns, table: str) -> None:
    project.declare(table=table, prompt="This is about your visit, {{name}}.")


def unwrapped(text: str) -> str:
    return " ".join(text.split())


def test_a_placeholder_that_no_column_fills_is_an_error_and_nobody_is_loaded(project: Campaigns) -> None:
    declare(project, "phone,nme\n+12125550101,Ann\n")
    said = project.run("validate")
    assert said.code == ERROR, said.text
    assert "RC143" in said.text
    assert "says `{{name}}`, and manifests/contacts.csv has no column `name`: it has `nme`" in unwrapped(said.text)
    assert project.apply().code != 0
    assert project.sent("/contacts") == 0


def test_a_column_that_nothing_mentions_is_warned_of_where_it_stands(project: Campaigns) -> None:
    declare(project, "phone,name,nme\n+12125550101,Ann,Ann\n")
    said = project.run("validate")
    assert said.code == 0, said.text
    assert "contacts.csv:1:12" in said.text
    assert "RC701" in said.text
    assert "remove the column `nme`" in said.text


def test_the_number_is_no_variable(project: Campaigns) -> None:
    declare(project, "phone\n+12125550101\n")
    assert "it has the numbers alone" in unwrapped(project.run("validate").text)


def test_contacts_that_fill_everything_are_no_matter(project: Campaigns) -> None:
    declare(project, "phone,name\n+12125550101,Ann\n")
    assert not {"RC143", "RC701"} & set(project.run("validate").text.split())
