"""What is written about the settings is what the programs read."""

from __future__ import annotations

import io

import pytest
from dotenv import dotenv_values

from app.settings import Settings
from app.settings_docs import EXAMPLE, PAGE, example, local_only, page, settings_of

EVERY = (*settings_of(Settings), *local_only())


def test_the_page_is_current() -> None:
    # given the declarations
    # when the page is made from them
    # then it is the one that is there; `python -m app.settings_docs` renews it
    assert PAGE.read_text(encoding="utf-8") == page()


def test_the_example_is_current() -> None:
    # given the declarations
    # when the example is made from them
    # then it is the one that is there; `python -m app.settings_docs` renews it
    assert EXAMPLE.read_text(encoding="utf-8") == example()


@pytest.mark.parametrize("variable", sorted({each.variable for each in EVERY}))
def test_a_setting_has_a_meaning(variable: str) -> None:
    # given a setting
    [meaning, *_] = [each.meaning for each in EVERY if each.variable == variable]
    # when its meaning is read
    # then it is a sentence
    assert meaning.endswith(".")
    assert f"`{variable}`" in page()


def test_the_example_sets_nothing_until_it_is_edited() -> None:
    # given the example as it is
    # when it is read as a file of settings
    # then nothing is set
    assert dotenv_values(EXAMPLE) == {}


def test_the_example_holds_the_defaults() -> None:
    # given the example with every setting taken out of its comment
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    chosen = "\n".join(line[2:] for line in lines if line.startswith("# TRELLIS_") and "=" in line)
    # when it is read
    values = dotenv_values(stream=io.StringIO(chosen))
    # then every setting is there with its default, and a secret has none
    assert {each.variable for each in EVERY} - set(values) == set()
    for each in EVERY:
        assert values[each.variable] == ("" if each.secret or each.default is None else each.default)
