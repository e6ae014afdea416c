"""Errors: one tree to catch, and messages that say what to do."""

from __future__ import annotations

import copy
import inspect
import pickle
import re
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentkit import errors
from consentkit.errors import (
    ConsentKitError,
    ConsentRequiredError,
    DecisionError,
    Fault,
    MiddlewareNotInstalledError,
    PolicyError,
    ResponseStartedError,
    SecretKeyError,
    UnknownNameError,
    did_you_mean,
    suggest,
)

ErrorT = TypeVar("ErrorT", bound=ConsentKitError)

ALL = {
    name: value
    for name, value in vars(errors).items()
    if inspect.isclass(value) and issubclass(value, Exception) and value.__module__ == errors.__name__
}
FAULT = Fault("CK003", "site.nmae", "Unknown key.", 'Did you mean "name"?')


class RefusedError(ConsentRequiredError):
    """What a site may derive, with an argument of its own."""

    def __init__(self, name: str, *, hint: str) -> None:
        self.hint = hint
        super().__init__(name)


ONE_OF_EACH = [
    PolicyError("my.toml", [FAULT]),
    SecretKeyError("too short"),
    UnknownNameError("analitycs", ["analytics"]),
    MiddlewareNotInstalledError("no middleware"),
    ResponseStartedError("too late"),
    ConsentRequiredError("analytics"),
    DecisionError("cross-site", 403, "It came from elsewhere."),
]


def from_another_process(error: ErrorT, protocol: int | None = None) -> ErrorT:
    again: ErrorT = pickle.loads(pickle.dumps(error, protocol))  # noqa: S301 - written one call before
    return again


def test_every_error_is_caught_by_the_root() -> None:
    assert {name for name, error in ALL.items() if not issubclass(error, ConsentKitError)} == set()


def test_the_tree_at_the_top_of_the_module_is_whole() -> None:
    drawn = re.findall(r"^    (?:[├└]── )?(\w+)", errors.__doc__ or "", re.MULTILINE)

    assert set(drawn) == set(ALL)
    assert all(ALL[name].__base__ is ConsentKitError for name in drawn[1:] if len(ALL[name].__bases__) == 1)


@pytest.mark.parametrize(
    ("error", "builtin"),
    [
        ("SecretKeyError", ValueError),
        ("UnknownNameError", LookupError),
        ("MiddlewareNotInstalledError", LookupError),
        ("ResponseStartedError", RuntimeError),
    ],
)
def test_an_error_is_also_what_python_calls_such_an_error(error: str, builtin: type[Exception]) -> None:
    assert issubclass(ALL[error], builtin)


def test_a_fault_is_one_line_with_id_place_and_cure() -> None:
    assert str(FAULT) == 'CK003 site.nmae: Unknown key. Did you mean "name"?'


def test_a_fault_of_the_file_as_a_whole_has_no_place() -> None:
    assert str(Fault("CK001", "", "The file is empty.", "")) == "CK001: The file is empty."


def test_a_policy_error_lists_every_fault() -> None:
    error = PolicyError("my.toml", [FAULT, Fault("CK004", "site", "Missing.", "Add it.")])

    assert error.source == "my.toml"
    assert error.faults == (FAULT, Fault("CK004", "site", "Missing.", "Add it."))
    assert str(error).splitlines() == [
        "my.toml has 2 faults:",
        '  CK003 site.nmae: Unknown key. Did you mean "name"?',
        "  CK004 site: Missing. Add it.",
    ]


def test_one_fault_is_not_called_faults() -> None:
    assert str(PolicyError("my.toml", [FAULT])).splitlines()[0] == "my.toml has 1 fault:"


def test_an_unknown_name_is_told_with_the_closest_one_and_all_there_are() -> None:
    error = UnknownNameError("analitycs", {"marketing", "analytics"})

    assert (error.name, error.suggestion) == ("analitycs", "analytics")
    assert str(error) == (
        "The policy declares no category or service 'analitycs'. Did you mean 'analytics'? "
        "Declared: analytics, marketing."
    )


def test_a_name_that_is_close_to_none_gets_no_suggestion() -> None:
    error = UnknownNameError("zzz", ["analytics"])

    assert error.suggestion is None
    assert "Did you mean" not in str(error)


def test_a_required_consent_names_what_is_required() -> None:
    error = ConsentRequiredError("analytics")

    assert error.name == "analytics"
    assert "'analytics'" in str(error)


def test_a_refused_decision_has_a_code_and_a_status() -> None:
    error = DecisionError("cross-site", 403, "It came from elsewhere.")

    assert (error.code, error.status, str(error)) == ("cross-site", 403, "It came from elsewhere.")


def test_one_of_each_error_is_among_the_examples() -> None:
    assert {type(error).__name__ for error in ONE_OF_EACH} == set(ALL) - {"ConsentKitError"}


@pytest.mark.parametrize("error", ONE_OF_EACH, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_an_error_comes_whole_out_of_another_process(error: ConsentKitError, protocol: int) -> None:
    again = from_another_process(error, protocol)

    assert type(again) is type(error)
    assert (str(again), again.args, vars(again)) == (str(error), error.args, vars(error))


@pytest.mark.parametrize("error", ONE_OF_EACH, ids=lambda error: type(error).__name__)
def test_a_copy_of_an_error_is_the_same_error(error: ConsentKitError) -> None:
    again = copy.deepcopy(error)

    assert type(again) is type(error)
    assert (str(again), vars(again)) == (str(error), vars(error))


def test_an_error_keeps_what_was_noted_on_its_way() -> None:
    error = UnknownNameError("analitycs", ["analytics"])
    error.add_note("while the report was made")

    assert from_another_process(error).__notes__ == ["while the report was made"]


def test_an_error_of_the_site_s_own_comes_whole_out_of_another_process() -> None:
    error = RefusedError("analytics", hint="ask first")
    again = from_another_process(error)

    assert (type(again), again.name, again.hint, str(again)) == (
        RefusedError,
        "analytics",
        "ask first",
        str(error),
    )


def test_a_secret_key_error_is_raised_with_any_message() -> None:
    assert str(SecretKeyError("too short")) == "too short"


@pytest.mark.parametrize(
    ("name", "known", "expected"),
    [
        ("analitycs", ["analytics", "marketing"], "analytics"),
        ("analytics", ["analytics"], "analytics"),
        ("youtub", ["vimeo", "youtube"], "youtube"),
        ("zzz", ["analytics"], None),
        ("", ["analytics"], None),
        ("a", [], None),
    ],
)
def test_a_suggestion_is_a_known_name_that_is_close(
    name: str, known: list[str], expected: str | None
) -> None:
    assert suggest(name, known) == expected


@given(st.text(), st.lists(st.text()))
def test_a_suggestion_is_always_a_known_name(name: str, known: list[str]) -> None:
    assert suggest(name, known) in {None, *known}


@pytest.mark.parametrize(
    ("name", "most", "expected"),
    [
        ("youtub", 1, 'Did you mean "youtube"? '),
        ("youtub", 3, 'Did you mean "youtube" or "youtube-music"? '),
        ("zzz", 3, ""),
    ],
)
def test_a_cure_begins_with_the_nearest_names_and_no_more_than_wanted(
    name: str, most: int, expected: str
) -> None:
    assert did_you_mean(name, ["vimeo", "youtube-music", "youtube"], most) == expected
