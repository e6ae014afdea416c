"""What the client script is told: nothing that is not so, and nothing to anybody else."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.testclient import TestClient

from consentkit import ConsentMiddleware
from consentkit.consent.model import Consent
from consentkit.policy.digest import notice
from consentkit.policy.file import parse_policy
from consentkit.ui.state import script_pattern, stored_by_denied

KEY = "5f2c7ae1940bd386" * 4
POLICY = parse_policy(
    """
    [site]
    name = "Tides"
    controller = { name = "Harbour Office", contact = "tides@harbour.example" }
    [categories.essential]
    storage = [{ name = "draft", kind = "local-storage", expires_after = "session", purpose = "A draft." }]
    [categories.analytics]
    cookies = [{ name = "count", expires_after = "1 day" }]
    storage = [
        { name = "seen-*", kind = "local-storage", expires_after = "until-deleted" },
        { name = "theirs", kind = "local-storage", expires_after = "until-deleted", domain = "x.example" },
    ]
    [services.counter]
    category = "analytics"
    provider = "Counter Ltd"
    storage = [{ name = "tally", kind = "indexed-db", expires_after = "until-deleted" }]
    [categories.third-party]
    """
)


@pytest.fixture
def visitor() -> TestClient:
    app = ConsentMiddleware(Starlette(), policy=POLICY, secret_key=KEY)
    return TestClient(app, base_url="https://tides.example", follow_redirects=False)


def decide(
    visitor: TestClient, decision: str, query: str = "", path: str = "/low?tide=1"
) -> dict[str, object]:
    body = {"decision": decision, "notice": notice(POLICY), "next": path}
    headers = {"Origin": "https://tides.example"}
    found = visitor.post(f"/cookies{query}", json=body, headers=headers)
    assert found.status_code == 200
    state: dict[str, object] = found.json()
    return state


#
def test_what_denied_names_store_is_named_and_what_is_out_of_reach_is_not() -> None:
    undecided = Consent(POLICY)

    assert stored_by_denied(undecided) == [("local-storage", r"^seen\-[^]*$"), ("indexed-db", "^tally$")]
    assert stored_by_denied(undecided.grant("analytics")) == []
    assert stored_by_denied(undecided.grant("analytics").deny("counter")) == [("indexed-db", "^tally$")]


#
@given(glob=st.text("ab*?[]!^-\\.é$ ", max_size=9), name=st.text("ab*?[]!^-\\.é$\n ", max_size=6))
@example(glob="[]a]", name="]")
@example(glob="[!]a]", name="b")
@example(glob="seen-[0-9]*", name="seen-7x")
@example(glob="[b-a]", name="a")
@example(glob="[!b-a]", name="\n")
@example(glob="a?", name="a\n")
def test_a_pattern_for_scripts_means_what_the_glob_means(glob: str, name: str) -> None:
    # Python spells "anything" in another way, and its "$" leaves room for a line end.
    pattern = re.compile(script_pattern(glob).replace("[^]", r"[\s\S]").removesuffix("$") + r"\Z")

    assert bool(pattern.match(name)) == fnmatchcase(name, glob)


def test_a_number_is_heard_again_and_comes_with_what_the_script_needs(visitor: TestClient) -> None:
    state = decide(visitor, "deny-all", "?a=b&echo=1.5e-7")

    assert state["echo"] == "1.5e-7"
    assert state["clear"] == [["local-storage", r"^seen\-[^]*$"], ["indexed-db", "^tally$"]]
    assert state["location"] == "/low?tide=1&choices=saved#choices-saved"
    assert 'id="choices-saved"' in str(state["confirmation"])
    assert 'href="/low?tide=1"' in str(state["confirmation"])
    assert visitor.get("/cookies/state?echo=5").json()["echo"] == "5"


def test_where_the_confirmation_is_shown_already_there_is_nowhere_to_go(visitor: TestClient) -> None:
    assert decide(visitor, "deny-all", "?echo=1", "/low?choices=saved&tide=1")["location"] == ""
    assert decide(visitor, "deny-all", "?echo=1", "/low?choices=saved-not")["location"] != ""


def test_whoever_sends_no_number_is_told_the_state_alone(visitor: TestClient) -> None:
    plain = {"needs_prompt", "choices", "allowed", "gpc", "notice"}

    assert decide(visitor, "grant-all").keys() == plain
    assert visitor.get("/cookies/state").json().keys() == plain


@pytest.mark.parametrize(
    "query", ["?echo=", "?echo=x", "?echo=1%0d2", "?xecho=1", "?echo=" + "1" * 65, "?echo=1 2"]
)
def test_what_is_no_number_is_not_repeated(visitor: TestClient, query: str) -> None:
    assert "echo" not in visitor.get(f"/cookies/state{query}").json()


def test_the_page_for_a_dialog_is_the_same_without_a_document(visitor: TestClient) -> None:
    page = visitor.get("/cookies?next=/low").text
    part = visitor.get("/cookies?next=/low&dialog").text

    assert "<html" in page
    assert "<html" not in part
    assert 'method="dialog"' in part
    assert 'method="dialog"' not in page
    form = slice(page.index('<form method="post"'), page.index("</main>"))
    assert page[form].partition("</form>")[0] in part


def test_only_pages_for_everybody_have_a_mirror() -> None:
    shared = ConsentMiddleware(Starlette(), policy=POLICY, secret_key=KEY, cache="shared")
    personal = ConsentMiddleware(Starlette(), policy=POLICY, secret_key=KEY)
    for app, names in ((shared, {"__Host-consent", "__Host-consent-shown"}), (personal, {"__Host-consent"})):
        visitor = TestClient(app, base_url="https://tides.example")
        decide(visitor, "deny-all")
        assert set(visitor.cookies) == names
        assert ("consent-shown" in visitor.get("/cookies").text) == (app is shared)
