"""A policy as text: which directive counts, and that nothing else is touched."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentkit.gate.csp_text import KINDS, PolicyText, policies_in
from consentkit.policy.schema import CspDirective


def test_every_directive_that_a_declaration_may_name_is_a_kind() -> None:
    assert set(get_args(CspDirective)) <= set(KINDS)


def test_one_header_may_hold_several_policies() -> None:
    assert policies_in(b"script-src 'self', img-src *") == ["script-src 'self'", " img-src *"]


@pytest.mark.parametrize(
    ("policy", "kind", "governing"),
    [
        ("script-src a; default-src b", "script-src", "script-src"),
        ("SCRIPT-SRC-ELEM a; script-src b", "script-src", "script-src-elem"),
        ("default-src b", "img-src", "default-src"),
        ("child-src b; default-src c", "frame-src", "child-src"),
        ("script-src b; default-src c", "worker-src", "script-src"),
        ("base-uri 'none'", "img-src", None),
        ("", "img-src", None),
    ],
)
def test_one_directive_governs_each_kind(policy: str, kind: str, governing: str | None) -> None:
    assert PolicyText(policy).governing(kind) == governing


@pytest.mark.parametrize(
    ("policy", "name", "kinds"),
    [
        ("img-src a", "img-src", {"img-src"}),
        ("script-src a", "script-src", {"script-src", "worker-src"}),
        ("script-src a; worker-src b", "script-src", {"script-src"}),
        ("script-src a; script-src-elem b", "script-src", {"script-src", "worker-src"}),
        ("script-src a; script-src-elem b", "script-src-elem", {"script-src"}),
        ("child-src a", "child-src", {"frame-src", "worker-src"}),
        ("default-src a", "default-src", set(KINDS)),
        ("default-src a; script-src b", "default-src", set(KINDS) - {"script-src", "worker-src"}),
        ("manifest-src a", "manifest-src", set(KINDS)),
    ],
)
def test_a_directive_speaks_for_the_kinds_that_a_browser_asks_it_about(
    policy: str, name: str, kinds: set[str]
) -> None:
    assert set(PolicyText(policy).speaks_for(name)) == kinds


def test_the_first_directive_of_a_name_counts() -> None:
    policy = PolicyText("img-src a b;; IMG-SRC c;\t img-src\td")

    assert policy.sources("img-src") == ["a", "b"]
    assert policy.sources("font-src") == []
    assert policy.sources(None) == []
    assert "img-src" in policy
    assert "" not in policy
    assert policy.fetching == ["img-src"]


def test_what_separates_words_is_what_a_browser_takes_for_white_space() -> None:
    assert PolicyText("img-src\ta\fb\x0bc\xa0d").sources("img-src") == ["a", "b\x0bc\xa0d"]


@pytest.mark.parametrize(
    ("policy", "sources", "written"),
    [
        ("a b;  img-src x ;c", ["y", "z"], "a b;  img-src y z;c"),
        ("img-src x", [], "img-src 'none'"),
        ("img-src 'none'", ["'NONE'", "y"], "img-src y"),
        ("a b", ["y"], "a b; img-src y"),
        ("", ["y"], "; img-src y"),
    ],
)
def test_a_directive_is_written_where_it_stands(policy: str, sources: list[str], written: str) -> None:
    text = PolicyText(policy)
    text.write("img-src", sources)

    assert str(text) == written
    assert text.sources("img-src") == ([one for one in sources if one.lower() != "'none'"] or ["'none'"])


@given(st.text(alphabet=st.characters(max_codepoint=255)))
def test_a_policy_that_nobody_writes_to_stays_as_it_is(policy: str) -> None:
    text = PolicyText(policy)
    for name in text.fetching:
        text.sources(name)

    assert str(text) == policy
