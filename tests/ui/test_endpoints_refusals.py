"""A decision that is not taken: an answer with a code, and nothing changed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from starlette.types import Message, Receive, Scope, Send

from consentkit import ConsentMiddleware, Policy
from consentkit.policy.digest import notice
from consentkit.testing import consent_cookies
from consentkit.ui.endpoints import MAX_BODY

Exchange = Callable[..., list[Message]]
FORM, JSON = "application/x-www-form-urlencoded", "application/json"


async def unreached(scope: Scope, receive: Receive, send: Send) -> None:
    raise AssertionError(scope["path"])


class Poster:
    """Posts bodies to the decision endpoint of a site, from a page of the site unless told otherwise."""

    def __init__(self, policy: Policy, secret_key: str, exchange: Exchange) -> None:
        self.app = ConsentMiddleware(unreached, policy=policy, secret_key=secret_key)
        self.exchange = exchange
        self.granted = consent_cookies(policy, secret_key, granted=["analytics"])["consent"]

    def __call__(
        self, body: bytes, media_type: str = FORM, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        return self.chunks([body], media_type, **headers)

    def chunks(
        self, chunks: list[bytes], media_type: str = FORM, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        named = {
            "sec_fetch_site": "same-origin",
            **headers,
            "content_type": media_type,
            "host": "water.example",
        }
        pairs = [
            (name.replace("_", "-").encode(), value.encode("latin-1"))
            for name, value in named.items()
            if value
        ]
        events = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
        events.append({"type": "http.request", "body": b"", "more_body": False})
        cookie = (b"cookie", f"consent={self.granted}; _ct=1".encode())
        sent = self.exchange(self.app, "/cookies", method="POST", headers=[*pairs, cookie], events=events)
        start = {key.decode(): value.decode() for key, value in sent[0]["headers"]}
        return sent[0]["status"], start, sent[1]["body"]


@pytest.fixture
def post(policy: Policy, secret_key: str, exchange: Exchange) -> Poster:
    return Poster(policy, secret_key, exchange)


#
REFUSALS = [
    (b"decision=accept", FORM, "choice-invalid", 422),
    (b"", FORM, "decision-missing", 422),
    (b"decision=deny-all&next=//evil.example", FORM, "next-invalid", 422),
    (b"decision=deny-all&next=/%5Cevil.example", FORM, "next-invalid", 422),
    (b"decision=deny-all&next=http://evil.example", FORM, "next-invalid", 422),
    (b"decision=deny-all&next=/a%0d%0aSet-Cookie:+a=b", FORM, "next-invalid", 422),
    (b"decision=deny-all&next=/" + b"a" * 2_000, FORM, "next-invalid", 422),
    (b"decision=save&choice.nobody=denied", FORM, "name-unknown", 422),
    (b"decision=save&choice.essential=denied", FORM, "name-unknown", 422),
    (b"decision=save&choice.analytics=true", FORM, "choice-invalid", 422),
    (b"decision=save&choice.analytics=granted", FORM, "notice-changed", 409),
    (b"decision=grant-all&notice=of-yesterday", FORM, "notice-changed", 409),
    (b"\xff", FORM, "malformed", 422),
    (b"decision=deny-all", "text/plain", "content-type", 415),
    (b"decision=deny-all", "", "content-type", 415),
    (b'{"decision": "deny-all"}', "text/plain", "content-type", 415),
    (b'{"decision": "save", "choices": {"analytics": true}}', JSON, "malformed", 422),
    (b"[" * MAX_BODY, JSON, "malformed", 422),
    (b"{", JSON, "malformed", 422),
    (b'{"decision": "save", "choices": {"nobody": "granted"}}', JSON, "name-unknown", 422),
    (b'{"decision": "grant-all"}', JSON, "notice-changed", 409),
    (b"decision=deny-all&notice=" + b"a" * MAX_BODY, FORM, "body-too-large", 413),
]


@pytest.mark.parametrize(("body", "media_type", "code", "status"), REFUSALS)
def test_a_refused_decision_has_a_code_and_changes_nothing(
    post: Poster, body: bytes, media_type: str, code: str, status: int
) -> None:
    answered, headers, problem = post(body, media_type, accept=JSON)

    assert answered == status
    assert json.loads(problem)["code"] == code
    assert json.loads(problem)["status"] == status
    assert headers["content-type"] == "application/problem+json"
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in headers
    assert "location" not in headers
    assert b"evil.example" not in problem


@pytest.mark.parametrize(("body", "media_type", "code", "status"), REFUSALS)
def test_a_browser_gets_a_page_that_says_so_and_a_program_that_sent_json_a_problem(
    post: Poster, body: bytes, media_type: str, code: str, status: int
) -> None:
    answered, headers, page = post(body, media_type, accept="text/html,application/xhtml+xml,*/*;q=0.8")

    assert answered == status
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in headers
    if media_type == JSON:
        assert headers["content-type"] == "application/problem+json"
    else:
        assert headers["content-type"] == "text/html; charset=utf-8"
        assert b"Nothing was changed." in page
        assert b'href="/cookies"' in page


#
@pytest.mark.parametrize(
    "headers",
    [
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"sec_fetch_site": "cross-site", "origin": "http://water.example"},
        {"sec_fetch_site": "", "origin": "http://evil.example"},
        {"sec_fetch_site": "", "origin": "http://water.example:8080"},
        {"sec_fetch_site": "", "origin": "null"},
        {"sec_fetch_site": "", "referer": "http://water.example/"},
        {"sec_fetch_site": ""},
    ],
)
@pytest.mark.parametrize("decision", [b"decision=deny-all", b"decision=grant-all"])
def test_nobody_else_decides_for_the_visitor(
    post: Poster, headers: Mapping[str, str], decision: bytes
) -> None:
    answered, sent, page = post(decision, FORM, **headers)

    assert answered == 403
    assert b"The request came from another website." in page
    assert "set-cookie" not in sent


def test_a_request_from_elsewhere_is_refused_before_its_body_is_read(
    policy: Policy, secret_key: str, exchange: Exchange
) -> None:
    def read(event: Message) -> Message:
        raise AssertionError(event)

    app = ConsentMiddleware(unreached, policy=policy, secret_key=secret_key)
    sent = exchange(app, "/cookies", method="POST", headers=[(b"origin", b"null")], events=map(read, [{}]))

    assert sent[0]["status"] == 403


def test_a_body_without_end_is_read_only_as_far_as_the_limit(
    policy: Policy, secret_key: str, exchange: Exchange
) -> None:
    read = []

    def events() -> Iterator[Message]:
        for number in range(1_024):
            read.append(number)
            yield {"type": "http.request", "body": b"a" * 1_024, "more_body": True}

    app = ConsentMiddleware(unreached, policy=policy, secret_key=secret_key)
    headers = [
        (b"sec-fetch-site", b"same-origin"),
        (b"content-type", FORM.encode()),
        (b"accept", JSON.encode()),
    ]
    sent = exchange(app, "/cookies", method="POST", headers=headers, events=events())

    assert sent[0]["status"] == 413
    assert len(read) == MAX_BODY // 1_024 + 1


def test_a_body_of_just_the_limit_is_read_in_however_many_pieces(post: Poster) -> None:
    body = b"decision=deny-all&notice=".ljust(MAX_BODY, b"a")

    assert post(body)[0] == 303
    assert post.chunks([body[:7], b"", body[7:9_000], body[9_000:]])[0] == 303
    assert post(body + b"a")[0] == 413


@pytest.mark.parametrize(
    "received", [[], [{"type": "http.request", "body": b"decision=de", "more_body": True}]]
)
def test_a_client_that_leaves_in_the_middle_is_not_answered_and_nothing_is_raised(
    policy: Policy, secret_key: str, exchange: Exchange, received: list[Message]
) -> None:
    app = ConsentMiddleware(unreached, policy=policy, secret_key=secret_key)
    headers = [(b"sec-fetch-site", b"same-origin"), (b"content-type", FORM.encode())]

    assert exchange(app, "/cookies", method="POST", headers=headers, events=received) == []


FIELDS = st.sampled_from(
    ["decision", "notice", "next", "choice.analytics", "choice.counter", "choice.nobody", "x"]
)
WORDS = (
    st.sampled_from(["grant-all", "deny-all", "save", "granted", "denied", "", "/", "//e", "\r\n", "NOTICE"])
    | st.text()
)
FORMS = st.lists(st.tuples(FIELDS, WORDS), max_size=6).map(
    lambda pairs: urlencode(pairs, errors="surrogatepass").encode()
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | WORDS,
    lambda inner: st.lists(inner) | st.dictionaries(FIELDS, inner),
)
KEYS = st.sampled_from(["decision", "notice", "next", "choices", "x"])
DOCUMENTS = st.dictionaries(KEYS, VALUES, max_size=5).map(lambda document: json.dumps(document).encode())
TYPES = st.sampled_from([FORM, JSON, FORM + "; charset=x", JSON + ";", "text/plain", "multipart/form-data"])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.binary() | FORMS | DOCUMENTS,
    media_type=TYPES | st.text(st.characters(max_codepoint=255), max_size=20),
    known=st.booleans(),
)
@example(body=b"decision=grant-all&notice=NOTICE", media_type=FORM, known=True)
@example(
    body=b'{"decision": "save", "notice": "NOTICE", "choices": {"counter": "granted"}}',
    media_type=JSON,
    known=True,
)
def test_no_body_makes_a_server_error_and_none_grants_without_saying_so(
    policy: Policy, post: Poster, body: bytes, media_type: str, known: bool
) -> None:
    if known:
        body = body.replace(b"NOTICE", notice(policy).encode())
    status, headers, answer = post(body, media_type, accept=JSON)

    assert status in {200, 303, 409, 413, 415, 422}
    if status >= 400:
        assert "set-cookie" not in headers
    elif json.loads(answer)["allowed"] != ["essential"]:
        assert b"grant-all" in body or b"granted" in body
        assert notice(policy).encode() in body
