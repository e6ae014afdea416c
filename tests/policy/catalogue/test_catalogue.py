"""The catalogue's functions: they find what is there, nothing else, and read no more than asked."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentkit.policy.catalogue import catalogue_entry, catalogue_ids, known_optional

# Prints how many catalogue files have been opened, after the import and after each statement given.
COUNT_OPENED = """
import sys
opened = []
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
from consentkit.policy.catalogue import catalogue_entry, catalogue_ids, known_optional
def count():
    return len([path for path in opened if "catalogue" in path and path.endswith(".toml")])
counts = [count()]
for statement in sys.argv[1:]:
    exec(statement)
    counts.append(count())
print(*counts)
"""


def opened_files(*statements: str) -> list[int]:
    run = subprocess.run(  # noqa: S603 -- this interpreter and the text above
        [sys.executable, "-c", COUNT_OPENED, *statements], capture_output=True, text=True, check=True
    )
    return [int(count) for count in run.stdout.split()]


def test_there_are_sixty_services_in_order_and_the_index_is_not_one() -> None:
    services = catalogue_ids()
    assert len(services) >= 60
    assert list(services) == sorted(set(services))
    assert {"google-analytics", "hubspot", "matomo", "sentry", "tawk-to", "youtube"} <= set(services)
    assert "index" not in services


def test_an_entry_is_found_by_its_id() -> None:
    assert catalogue_entry("matomo")["name"] == "Matomo"


@pytest.mark.parametrize(
    "unknown",
    [
        "",
        ".",
        "index",
        "piwik",
        "Matomo",
        "matomo.toml",
        "matomo\0",
        "./matomo",
        "../catalogue/matomo",
        "../texts/en",
        "..\\texts\\en",
        "/etc/passwd",
    ],
)
def test_an_unknown_id_is_a_key_error_and_never_a_path(unknown: str) -> None:
    with pytest.raises(KeyError):
        catalogue_entry(unknown)


@given(st.text().filter(lambda text: text not in catalogue_ids()))
def test_any_text_that_is_no_id_is_a_key_error(text: str) -> None:
    with pytest.raises(KeyError):
        catalogue_entry(text)


def test_a_caller_that_changes_an_entry_changes_only_its_copy() -> None:
    catalogue_entry("matomo")["cookies"][0]["purpose"]["en"] = "changed"
    catalogue_entry("matomo")["hosts"].append("changed.example")
    fresh = catalogue_entry("matomo")
    assert fresh["cookies"][0]["purpose"]["en"] != "changed"
    assert fresh["hosts"] == ["*.matomo.cloud"]


def test_importing_and_listing_read_no_entry() -> None:
    assert opened_files("catalogue_ids()") == [0, 0]


def test_one_entry_is_read_once_and_alone() -> None:
    assert opened_files("catalogue_entry('matomo')", "catalogue_entry('matomo')", "catalogue_entry('x')") == [
        0,
        1,
        1,
        2,
    ]


def test_the_names_that_are_never_essential_come_from_one_file() -> None:
    assert opened_files("known_optional()", "known_optional()") == [0, 1, 1]
    assert "_ga_*" in known_optional()
