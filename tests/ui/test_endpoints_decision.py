"""A decision that is taken: what is saved, what is deleted, and where the visitor goes on."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

import pytest
from httpx2 import Response
from starlette.applications import Starlette
from starlette.testclient import TestClient

from consentkit import Choice, Consent, ConsentMiddleware, Policy
from consentkit.consent.cookie import ConsentCookie
from consentkit.policy.digest import notice
from consentkit.testing import consent_cookies

ORIGIN = "http://testserver"
GRANTED, DENIED = Choice.GRANTED, Choice.DENIED


@pytest.fixture
def post(policy: Policy, secret_key: str) -> Callable[..., Response]:
    """Post a form from a page of the site itself."""

    def post(origin: str = ORIGIN, headers: Mapping[str, str] | None = None, **form: str) -> Response:
        app = ConsentMiddleware(Starlette(), policy=policy, secret_key=secret_key)
        client = TestClient(app, base_url=origin, follow_redirects=False)
        fields = {name.replace("__", ".", 1).replace("_", "-"): value for name, value in form.items()}
        return client.post("/cookies", data=fields, headers={"Origin": origin, **(headers or {})})

    return post


def consent_in(answer: Response, policy: Policy, secret_key: str) -> Consent:
    """Return what the consent cookie of ``answer`` says."""
    saved = [line for line in answer.headers.get_list("set-cookie") if "consent=1." in line]
    assert len(saved) == 1
    value = saved[0].partition("=")[2].partition(";")[0]
    return ConsentCookie(policy, secret_key).from_value(value)


#
@pytest.mark.parametrize(
    ("given", "location"),
    [
        (None, "/cookies?choices=saved#choices-saved"),
        ("", "/cookies?choices=saved#choices-saved"),
        ("/", "/?choices=saved#choices-saved"),
        ("/tides", "/tides?choices=saved#choices-saved"),
        ("/tides?month=5", "/tides?month=5&choices=saved#choices-saved"),
        ("/tides?choices=saved", "/tides?choices=saved#choices-saved"),
        ("/tides?choices=saved&a=b", "/tides?choices=saved&a=b#choices-saved"),
        ("/tides?xchoices=saved", "/tides?xchoices=saved&choices=saved#choices-saved"),
        ("/tides#top", "/tides?choices=saved#choices-saved"),
        ("/cookies?next=/tides%3Fmonth%3D5", "/cookies?next=/tides%3Fmonth%3D5&choices=saved#choices-saved"),
        ("/a%2F%2Fevil.example", "/a%2F%2Fevil.example?choices=saved#choices-saved"),
        ("/" + "x" * 1_999, "/" + "x" * 1_999 + "?choices=saved#choices-saved"),
    ],
)
def test_a_form_leads_to_the_page_it_was_on_with_the_confirmation(
    post: Callable[..., Response], given: str | None, location: str
) -> None:
    answer = post(decision="deny-all", **({} if given is None else {"next": given}))

    assert answer.status_code == 303
    assert answer.headers["location"] == location
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert len(answer.headers.get_list("set-cookie")) == 1


#
def test_from_the_cookies_page_to_the_confirmation_and_back_without_a_script(
    policy: Policy, secret_key: str
) -> None:
    client = TestClient(ConsentMiddleware(Starlette(), policy=policy, secret_key=secret_key))
    page = client.get("/cookies?next=/tides").text
    hidden = {
        part.partition('"')[0]: part.partition('value="')[2].partition('"')[0]
        for part in page.split('<input type="hidden" name="')[1:]
    }
    form = {**hidden, "decision": "save", "choice.analytics": "granted"}
    confirmed = client.post("/cookies", data=form, headers={"Origin": ORIGIN})

    assert confirmed.status_code == 200
    assert str(confirmed.url) == f"{ORIGIN}/cookies?next=/tides&choices=saved#choices-saved"
    assert 'id="choices-saved"' in confirmed.text
    assert 'href="/tides"' in confirmed.text
    assert client.get("/cookies/state").json()["allowed"] == ["analytics", "counter", "essential", "panel"]


@pytest.mark.parametrize(
    ("fields", "choices"),
    [
        ({"decision": "grant-all"}, dict.fromkeys(["functional", "analytics", "third-party"], GRANTED)),
        ({"decision": "deny-all"}, dict.fromkeys(["functional", "analytics", "third-party"], DENIED)),
        (
            {"decision": "save", "choice.analytics": "granted", "choice.panel": "denied"},
            {"functional": DENIED, "analytics": GRANTED, "third-party": DENIED, "panel": DENIED},
        ),
        #
        ({"decision": "save"}, dict.fromkeys(["functional", "analytics", "third-party"], DENIED)),
    ],
)
def test_a_form_and_json_save_the_same(
    policy: Policy, secret_key: str, fields: Mapping[str, str], choices: Mapping[str, Choice]
) -> None:
    app = ConsentMiddleware(Starlette(), policy=policy, secret_key=secret_key)
    client = TestClient(app, follow_redirects=False)
    headers = {"Origin": ORIGIN}
    form = client.post("/cookies", data={**fields, "notice": notice(policy)}, headers=headers)
    document = {
        "decision": fields["decision"],
        "notice": notice(policy),
        "choices": {k.removeprefix("choice."): v for k, v in fields.items() if k.startswith("choice.")},
    }
    answer = client.post("/cookies", json=document, headers=headers)

    assert (form.status_code, answer.status_code) == (303, 200)
    for response in (form, answer):
        consent = consent_in(response, policy, secret_key)
        assert {name: saved.choice for name, saved in consent.answers.items()} == choices
    assert answer.headers["cache-control"] == "no-store"
    assert {name: said for name, said in answer.json()["choices"].items() if said} == choices
    assert answer.json()["needs_prompt"] is False


@pytest.mark.parametrize(
    "content_type",
    ["application/json; charset=utf-8", "Application/JSON", " application/json ;x=y", "application/json;"],
)
def test_parameters_and_case_of_the_content_type_do_not_matter(
    policy: Policy, secret_key: str, content_type: str
) -> None:
    client = TestClient(ConsentMiddleware(Starlette(), policy=policy, secret_key=secret_key))
    headers = {"Origin": ORIGIN, "Content-Type": content_type}

    assert client.post("/cookies", content='{"decision": "deny-all"}', headers=headers).status_code == 200


def test_a_form_with_a_charset_is_read_and_a_script_that_sends_one_may_ask_for_json(
    policy: Policy, secret_key: str
) -> None:
    client = TestClient(ConsentMiddleware(Starlette(), policy=policy, secret_key=secret_key))
    headers = {
        "Origin": ORIGIN,
        "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
        "Accept": "application/json",
    }
    answer = client.post("/cookies", content="decision=deny-all", headers=headers)

    assert answer.status_code == 200
    assert answer.json()["needs_prompt"] is False


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}, {"Origin": ORIGIN}],
)
def test_the_site_s_own_requests_are_heard(
    policy: Policy, secret_key: str, headers: Mapping[str, str]
) -> None:
    client = TestClient(
        ConsentMiddleware(Starlette(), policy=policy, secret_key=secret_key), follow_redirects=False
    )
    assert client.post("/cookies", data={"decision": "deny-all"}, headers=headers).status_code == 303


#
def test_with_the_signal_on_accepting_all_leaves_its_categories_refused_and_naming_them_does_not(
    policy: Policy, secret_key: str, post: Callable[..., Response]
) -> None:
    signal = {"Sec-GPC": "1", "Accept": "application/json"}
    everything = post(decision="grant-all", notice=notice(policy), headers=signal)
    named = post(decision="save", choice__third_party="granted", notice=notice(policy), headers=signal)

    assert everything.json()["allowed"] == ["analytics", "counter", "essential", "functional", "panel"]
    assert everything.json()["needs_prompt"] is False
    assert named.json()["allowed"] == ["essential", "third-party", "video"]
    assert consent_in(named, policy, secret_key).answers["third-party"].gpc is True


#
def test_a_grant_from_before_the_signal_does_not_outrank_it(policy: Policy, secret_key: str) -> None:
    client = TestClient(
        ConsentMiddleware(Starlette(), policy=policy, secret_key=secret_key),
        cookies=consent_cookies(policy, secret_key, granted=["third-party"]),
    )

    assert "video" in client.get("/cookies/state").json()["allowed"]
    assert "video" not in client.get("/cookies/state", headers={"Sec-GPC": "1"}).json()["allowed"]
    assert "video" in client.get("/cookies/state", headers={"Sec-GPC": "0"}).json()["allowed"]


@pytest.mark.parametrize("decision", ["deny-all", "save"])
def test_withdrawing_deletes_the_cookies_that_came_with_the_request(
    policy: Policy, secret_key: str, decision: str, post: Callable[..., Response]
) -> None:
    granted = consent_cookies(policy, secret_key, granted=["analytics"])
    cookies = f"_ct=1; session=2; theme=3; consent={granted['consent']}; other=4"
    answer = post(decision=decision, headers={"Cookie": cookies, "Host": "testserver"})
    deleted = [line.partition("=")[0] for line in answer.headers.get_list("set-cookie")[1:]]

    assert not consent_in(answer, policy, secret_key).allows("analytics")
    assert deleted == ["_ct", "theme"]
    assert all("Max-Age=0" in line for line in answer.headers.get_list("set-cookie")[1:])


def test_on_https_every_variant_of_domain_and_partition_is_deleted(post: Callable[..., Response]) -> None:
    answer = post("https://www.water.example", headers={"Cookie": "_ct=1"}, decision="deny-all")
    deleted = answer.headers.get_list("set-cookie")[1:]

    assert answer.headers.get_list("set-cookie")[0].startswith("__Host-consent=")
    for domain in ("Path=/; Max", "Domain=www.water.example;", "Domain=water.example;"):
        assert sorted("Partitioned" in line for line in deleted if domain in line) == [False, True]
    assert len(deleted) == 6


def test_granting_deletes_nothing_that_is_granted(policy: Policy, post: Callable[..., Response]) -> None:
    answer = post(decision="grant-all", notice=notice(policy), headers={"Cookie": "_ct=1; theme=2"})

    assert len(answer.headers.get_list("set-cookie")) == 1


def test_withdrawing_keeps_the_answer_so_that_nobody_is_asked_again(policy: Policy, secret_key: str) -> None:
    client = TestClient(
        ConsentMiddleware(Starlette(), policy=policy, secret_key=secret_key),
        cookies=consent_cookies(policy, secret_key, granted=["analytics"]),
    )
    body = json.dumps({"decision": "deny-all"})
    state = client.post(
        "/cookies", content=body, headers={"Origin": ORIGIN, "Content-Type": "application/json"}
    ).json()

    assert state["needs_prompt"] is False
    assert state["choices"]["analytics"] == "denied"
