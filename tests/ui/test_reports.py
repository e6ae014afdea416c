"""What browsers report, read from what anybody may send."""

# ruff: noqa: E501 # a document stands on one line

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentkit.errors import DecisionError
from consentkit.ui.reports import MAX_REPORTS, MEDIA_TYPES, parse_reports

OLD = {"csp-report": {"violated-directive": "script-src 'self'", "blocked-uri": "https://spy.example/a.js"}}
NEW = {
    "type": "csp-violation",
    "body": {"effectiveDirective": "img-src", "blockedURL": "https://spy.example/p.gif"},
}


def parsed(document: object, media_type: str = MEDIA_TYPES[0]) -> list[tuple[str, str]]:
    return parse_reports(json.dumps(document).encode(), media_type)


def test_both_forms_are_read() -> None:
    newer = {"csp-report": {**OLD["csp-report"], "effective-directive": "script-src-elem"}}

    assert parsed(OLD) == [("script-src", "https://spy.example/a.js")]
    assert parsed(newer) == [("script-src-elem", "https://spy.example/a.js")]
    assert (
        parsed([NEW, {"type": "deprecation", "body": {}}, NEW], MEDIA_TYPES[1])
        == [("img-src", "https://spy.example/p.gif")] * 2
    )


def test_what_a_site_refuses_itself_is_no_stranger() -> None:
    own = {"document-uri": "https://tides.example/a", "blocked-uri": "https://TIDES.example/b.js"}
    other = {"document-uri": "https://tides.example/a", "blocked-uri": "https://spy.tides.example/b.js"}

    assert parsed({"csp-report": {"effective-directive": "script-src", **own}}) == []
    assert len(parsed({"csp-report": {"effective-directive": "script-src", **other}})) == 1
    for page in ("https://spy.example/", "https://[", 1, None):
        body = {**NEW["body"], "documentURL": page}  # type: ignore[dict-item]
        assert len(parsed([{**NEW, "body": body}], MEDIA_TYPES[1])) == (page != "https://spy.example/")


@pytest.mark.parametrize(
    "document",
    [None, 1, "x", [], {}, [None, 1, []], {"csp-report": 1}, {"csp-report": {"blocked-uri": 1}},
     {"type": "csp-violation", "body": None}, {"type": "csp-violation", "body": {"effectiveDirective": "<b>", "blockedURL": ""}}],
)  # fmt: skip
def test_what_is_no_report_says_nothing(document: object) -> None:
    assert parsed(document) == []


@pytest.mark.parametrize(
    ("body", "media_type", "code"),
    [(b"{", MEDIA_TYPES[0], "malformed"), (b"[" * 100_000, MEDIA_TYPES[1], "malformed"), (b"{}", "text/plain", "content-type"), (b"{}", "", "content-type")],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_with_a_code(body: bytes, media_type: str, code: str) -> None:
    with pytest.raises(DecisionError) as raised:
        parse_reports(body, media_type)

    assert raised.value.code == code


def test_only_so_many_are_read_of_one_body() -> None:
    assert len(parsed([NEW] * 1_000)) == MAX_REPORTS


@given(st.binary(max_size=100), st.sampled_from(MEDIA_TYPES))
def test_no_body_makes_it_raise_anything_else(body: bytes, media_type: str) -> None:
    with suppress(DecisionError):
        assert isinstance(parse_reports(body, media_type), list)
