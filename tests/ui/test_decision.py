"""What a body says, before any policy is asked: a decision, or why there is none."""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import urlencode

import pytest

from consentkit.consent.model import Choice
from consentkit.errors import DecisionError
from consentkit.ui.decision import (
    FORM,
    JSON,
    MAX_FIELDS,
    MAX_PATH,
    Decision,
    is_local_path,
    parse_decision,
)

GRANTED, DENIED = Choice.GRANTED, Choice.DENIED


def form(**fields: str) -> bytes:
    return urlencode({name.replace("__", ".", 1): value for name, value in fields.items()}).encode()


def refusal(body: bytes, media_type: str) -> tuple[str, int]:
    with pytest.raises(DecisionError) as caught:
        parse_decision(body, media_type)
    return caught.value.code, caught.value.status


@pytest.mark.parametrize(
    ("as_form", "as_json", "read"),
    [
        ("decision=deny-all", {"decision": "deny-all"}, Decision("deny-all", {})),
        (
            "decision=grant-all&next=/a%3Fb&notice=x",
            {"decision": "grant-all", "next": "/a?b", "notice": "x"},
            Decision("grant-all", {}, "/a?b", "x"),
        ),
        (
            "decision=save&choice.analytics=granted&choice.video=",
            {"decision": "save", "choices": {"analytics": "granted", "video": ""}},
            Decision("save", {"analytics": "granted", "video": ""}),
        ),
        ("decision=deny-all&next=", {"decision": "deny-all", "next": ""}, Decision("deny-all", {})),
    ],
)
def test_a_form_and_json_say_the_same(as_form: str, as_json: Mapping[str, object], read: Decision) -> None:
    assert parse_decision(as_form.encode(), FORM) == read
    assert parse_decision(json.dumps(as_json).encode(), JSON) == read


#
def test_a_form_that_is_saved_untouched_has_no_choices_and_json_must_say_so() -> None:
    assert parse_decision(b"decision=save", FORM) == Decision("save", {})
    assert parse_decision(b'{"decision": "save", "choices": {}}', JSON) == Decision("save", {})
    assert refusal(b'{"decision": "save"}', JSON) == ("malformed", 422)


def test_of_a_field_that_comes_twice_the_last_counts() -> None:
    body = b"decision=grant-all&choice.analytics=granted&decision=save&choice.analytics=denied"
    assert parse_decision(body, FORM) == Decision("save", {"analytics": "denied"})


@pytest.mark.parametrize(
    "media_type", ["text/plain", "", "multipart/form-data", "text/json", "application/xml", "*/*"]
)
def test_only_the_two_types_are_read(media_type: str) -> None:
    assert refusal(b"decision=deny-all", media_type) == ("content-type", 415)
    assert refusal(b'{"decision": "deny-all"}', media_type) == ("content-type", 415)


@pytest.mark.parametrize("body", [b"", b"notice=x", b"next=/", b"choice.analytics=granted"])
def test_a_form_without_a_decision_is_refused(body: bytes) -> None:
    assert refusal(body, FORM) == ("decision-missing", 422)


@pytest.mark.parametrize("body", [b"{}", b'{"choices": {}}', b'{"next": "/"}'])
def test_json_without_a_decision_is_refused(body: bytes) -> None:
    assert refusal(body, JSON) == ("decision-missing", 422)


@pytest.mark.parametrize("decision", ["", "accept", "GRANT-ALL", "grant-all ", "true"])
def test_a_decision_that_is_not_one_of_three_is_refused(decision: str) -> None:
    assert refusal(form(decision=decision), FORM) == ("choice-invalid", 422)
    assert refusal(json.dumps({"decision": decision, "choices": {}}).encode(), JSON) == (
        "choice-invalid",
        422,
    )


@pytest.mark.parametrize(
    "body",
    [
        b"decision=deny-all&surprise=1",
        b"decision=deny-all&=1",
        b"decision=deny-all&choice=analytics",
        "decision=deny-all&notice=é".encode(),
        b"decision=deny-all&notice=%ff",
        b"\xff\xfe",
        b"&".join([b"decision=deny-all", *[b"choice.analytics=granted"] * MAX_FIELDS]),
    ],
)
def test_a_form_that_no_page_of_ours_sends_is_refused(body: bytes) -> None:
    assert refusal(body, FORM) == ("malformed", 422)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nonsense",
        b"[]",
        b'"deny-all"',
        b"null",
        b"\xff",
        b"[" * 16_000,
        b'{"a":' * 3_000,
        b'{"decision": ' + b"1" * 5_000 + b"}",
        b'{"decision": true}',
        b'{"decision": null}',
        b'{"decision": ["grant-all"]}',
        b'{"decision": "deny-all", "surprise": 1}',
        b'{"decision": "deny-all", "next": 1}',
        b'{"decision": "deny-all", "notice": {}}',
        b'{"decision": "save", "choices": null}',
        b'{"decision": "save", "choices": ["analytics"]}',
        b'{"decision": "save", "choices": "analytics"}',
        b'{"decision": "save", "choices": {"analytics": true}}',
        b'{"decision": "save", "choices": {"analytics": 1}}',
        b'{"decision": "save", "choices": {"analytics": null}}',
        b'{"decision": "save", "choices": {"analytics": {"granted": "granted"}}}',
    ],
)
def test_json_of_another_form_is_refused(body: bytes) -> None:
    assert refusal(body, JSON) == ("malformed", 422)


#
@pytest.mark.parametrize(
    "path",
    [
        "//evil.example",
        "/\\evil.example",
        "/a\\b",
        "\\evil.example",
        "http://evil.example",
        "https:evil.example",
        "javascript:x()",
        "evil",
        "?a",
        "#a",
        " /a",
        "/a b",
        "/a\tb",
        "/a\r\nSet-Cookie: a=b",
        "/a\n",
        "\t//evil.example",
        "/\t/evil.example",
        "/a\0",
        "/a\x7f",
        "/café",
        "/\ud800",
        "/" + "a" * MAX_PATH,
    ],
)
def test_a_path_that_may_lead_elsewhere_is_refused(path: str) -> None:
    assert not is_local_path(path)
    assert refusal(json.dumps({"decision": "deny-all", "next": path}).encode(), JSON) == ("next-invalid", 422)
    as_form = urlencode({"decision": "deny-all", "next": path}, errors="surrogatepass").encode()
    assert refusal(as_form, FORM)[0] in {"next-invalid", "malformed"}


@pytest.mark.parametrize(
    "path",
    ["/", "/a", "/a//b", "/a?b=c&d=//e", "/a#b", "/@evil.example", "/%5Cevil", "/" + "a" * (MAX_PATH - 1)],
)
def test_a_path_of_the_site_is_taken(path: str) -> None:
    assert parse_decision(form(decision="deny-all", next=path), FORM).next == path
