"""The first script of a page: what it is told, where it may stand, and that it is nobody else's."""

from __future__ import annotations

import gzip
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from tests.ui.test_script import minified

from consentkit import ConsentMiddleware, load_policy
from consentkit.consent.model import Consent
from consentkit.gate.claims import Claims
from consentkit.policy.catalogue import catalogue_ids
from consentkit.policy.file import parse_policy
from consentkit.policy.model import Policy
from consentkit.testing import consent_cookies
from consentkit.ui.head import Head
from consentkit.ui.modes import ModesScript, names_for, needs_modes
from consentkit.ui.render import Pages
from consentkit.ui.view import Place

KEY = "kQ3v9Zt1mW7xB5nD8rJ2pL6sC0fH4gYa"
SITE = '[site]\nname = "Tides"\ncontroller = { name = "Harbour Office", contact = "tides@harbour.example" }\n'
GOOGLE = '[categories.analytics]\nuse = ["google-analytics"]\n[categories.marketing]\nuse = ["google-ads"]\n'


def policy(text: str) -> Policy:
    return parse_policy(SITE + text)


def place(nonce: str | None = None, script_nonce: str | None = None) -> Place:
    return Place(language="en", prefix="/app/cookies", path="/", nonce=nonce, script_nonce=script_nonce)


class _Script(HTMLParser):
    def __init__(self, markup: str) -> None:
        super().__init__()
        self.attributes: dict[str, str | None] = {}
        self.code = ""
        self.feed(markup)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag == "script"
        self.attributes = dict(attrs)

    def handle_data(self, data: str) -> None:
        self.code += data


def told(text: str, *granted: str, shared: bool = False) -> dict[str, Any]:
    site = policy(text)
    consent = None if shared else Consent(site).grant(*granted)
    markup = ModesScript(site, shared=shared).tag(place(), consent, inline=False)
    state: dict[str, Any] = json.loads(_Script(str(markup)).attributes["data-modes"] or "")
    return state


#
def test_each_signal_goes_by_the_services_that_stand_for_it_else_by_the_category() -> None:
    google = told(GOOGLE + "[categories.functional]\n")["google"]

    assert google["signals"] == {
        "ad_storage": ["google-ads"],
        "ad_user_data": ["google-ads"],
        "ad_personalization": ["google-ads"],
        "analytics_storage": ["google-analytics"],
        "functionality_storage": ["functional"],
        "personalization_storage": ["functional"],
        "security_storage": [],
    }


#
def test_a_signal_of_several_services_takes_all_of_them() -> None:
    two = GOOGLE.replace('["google-ads"]', '["google-ads", "google-publisher-ads"]')

    assert names_for(policy(two), "ad_storage") == ["google-ads", "google-publisher-ads"]


def test_a_signal_that_nothing_stands_for_is_granted_by_nothing() -> None:
    site = policy('[categories.analytics]\nuse = ["google-analytics"]\n')

    assert names_for(site, "ad_storage") is None
    assert names_for(site, "functionality_storage") is None
    assert names_for(site, "security_storage") == []


def test_a_site_may_say_what_a_signal_goes_by() -> None:
    site = policy(GOOGLE + '[consent_modes.signals]\nanalytics_storage = "marketing"\n')

    assert names_for(site, "analytics_storage") == ["marketing"]


#
def test_the_state_is_that_of_the_visitor() -> None:
    assert told(GOOGLE)["allowed"] == ["essential"]
    assert told(GOOGLE, "analytics")["allowed"] == ["analytics", "essential", "google-analytics"]


#
def test_a_page_for_everybody_says_that_nothing_is_allowed_and_that_tags_have_to_wait() -> None:
    shared = told(GOOGLE, shared=True)

    assert shared["allowed"] == []
    assert shared["google"]["wait"] == 500
    assert told(GOOGLE)["google"]["wait"] == 0


#
def test_what_a_site_says_of_google_is_told() -> None:
    text = """
    [consent_modes.google]
    wait_for_update = 900
    ads_data_redaction = false
    url_passthrough = true
    regions = [{ region = ["US-CA"], denied = ["ad_personalization"] }]
    """
    google = told(GOOGLE + text, shared=True)["google"]

    assert google["regions"] == [{"region": ["US-CA"], "denied": ["ad_personalization"]}]
    assert (google["wait"], google["redact"], google["passthrough"]) == (900, False, True)
    assert told(GOOGLE)["google"]["redact"] is True
    assert told(GOOGLE)["google"]["passthrough"] is False


#
@pytest.mark.parametrize(
    ("service", "key"),
    [
        ("microsoft-advertising", "uet"),
        ("microsoft-clarity", "clarity"),
        ("meta-pixel", "meta"),
        ("tiktok-pixel", "tiktok"),
        ("pinterest-tag", "pinterest"),
        ("matomo", "matomo"),
        ("google-tag-manager", "container"),
    ],
)
def test_each_interface_goes_by_its_service(service: str, key: str) -> None:
    text = f'[categories.marketing]\nuse = ["{service}"]\n'

    assert told(text)[key] == [service]
    assert key not in told(GOOGLE)
    assert needs_modes(policy(text))


#
@pytest.mark.parametrize("service", ["linkedin-insight", "snap-pixel", "x-pixel", "youtube", "hotjar"])
def test_a_service_without_a_switch_needs_no_script(service: str) -> None:
    assert not needs_modes(policy(f'[categories.marketing]\nuse = ["{service}"]\n'))


def test_an_interface_that_is_left_alone_is_told_nothing() -> None:
    off = policy(GOOGLE + '[consent_modes]\noff = ["google"]\n')

    assert not needs_modes(off)
    both = '[categories.marketing]\nuse = ["google-ads", "meta-pixel"]\n[consent_modes]\noff = ["google"]\n'
    assert set(told(both)) == {"meta", "allowed"}


EXEMPT = """
[categories.audience]
essential = true
exemption = "{}"
name = "Audience"
purpose = "Count visits."
use = ["google-analytics"]
[services.google-analytics]
provider = "Google"
reason = "Counts."
cookies = []
"""


def test_what_nobody_can_refuse_is_told_nothing() -> None:
    assert not needs_modes(policy(EXEMPT.format("requested-service")))


#
def test_what_can_be_objected_to_is_told_whether_somebody_has() -> None:
    text = EXEMPT.format("uk-statistics")
    site = policy(text)
    objected = ModesScript(site).tag(place(), Consent(site).deny("audience"), inline=False)

    assert told(text)["google"]["signals"]["analytics_storage"] == ["google-analytics"]
    assert "google-analytics" in told(text)["allowed"]
    assert "google-analytics" not in str(objected).partition("allowed")[2]


#
def test_counting_without_cookies_is_told_to_matomo() -> None:
    text = '[categories.analytics]\nuse = ["matomo"]\n'

    assert "cookieless" not in told(text)
    assert told(text + '[consent_modes.matomo]\nmode = "cookieless"\n')["cookieless"] is True


#
def test_a_container_gets_an_allow_list_only_where_services_name_types_of_tags() -> None:
    text = GOOGLE.replace('["google-ads"]', '["google-ads", "google-tag-manager"]')
    types = '[services.google-ads]\nprovider = "G"\ntag_types = ["awct"]\n'

    assert "tags" not in told(text)
    state = told(text + types)
    assert state["tags"] == {"google-ads": ["awct"]}
    assert "lcl" in state["allowlist"]
    assert not {"html", "jsm"} & set(state["allowlist"])


#
@pytest.mark.parametrize(
    ("nonces", "inline", "nonce"),
    [
        ({}, True, None),
        ({"nonce": "abc"}, False, "abc"),
        ({"nonce": "abc", "script_nonce": "xyz"}, False, "xyz"),
    ],
)
def test_the_code_stands_in_the_page_where_it_may(
    nonces: dict[str, str], inline: bool, nonce: str | None
) -> None:
    site = policy(GOOGLE)
    modes = ModesScript(site)
    script = _Script(str(modes.tag(place(**nonces), Consent(site), inline=inline)))

    assert script.code == modes.asset.text
    assert script.attributes.get("nonce") == nonce
    assert "src" not in script.attributes


#
def test_elsewhere_it_is_a_file_that_holds_up_what_follows() -> None:
    site = policy(GOOGLE)
    modes = ModesScript(site)
    script = _Script(str(modes.tag(place(), Consent(site), inline=False)))

    assert script.attributes["src"] == f"/app/cookies/assets/{modes.asset.path}"
    assert script.code == ""
    assert not {"async", "defer", "type"} & set(script.attributes)
    assert modes.asset.path in Pages(site, head=Head(modes=modes)).assets


#
def test_nothing_in_the_code_ends_the_element_or_depends_on_an_encoding() -> None:
    code = ModesScript(policy(GOOGLE)).asset.text

    assert code.isascii()
    assert re.search(r"<[/!]", code) is None


def test_it_is_small(tmp_path: Path) -> None:
    assert len(gzip.compress(minified("modes.js", tmp_path), 9, mtime=0)) <= 1_250


def test_it_belongs_to_nobody_whatever_it_mentions() -> None:
    site = policy(
        "".join(f'[services.{name}]\nprovider = "P"\ncategory = "all"\n' for name in catalogue_ids())
        + """
    [categories.all]
    name = "All"
    purpose = "All."
    """
    )
    code = ModesScript(site).asset.text
    services = site.services.values()

    assert Claims(services).owners_of_text(code) != ()
    assert Claims(services, unclaimed=[code]).owners_of_text(code) == ()
    assert Claims(services, unclaimed=[code]).owners_of_text(code + " ") != ()


def client(tmp_path: Path, text: str, html: str, **options: Any) -> TestClient:  # noqa: ANN401
    (tmp_path / "consent.toml").write_text(SITE + text, encoding="utf-8")

    async def page(_request: Request) -> HTMLResponse:
        return HTMLResponse(html)

    consent = Middleware(
        ConsentMiddleware, policy=load_policy(tmp_path / "consent.toml"), secret_key=KEY, **options
    )
    return TestClient(Starlette(routes=[Route("/", page)], middleware=[consent]))


PAGE = (
    "<!doctype html><html><head><meta charset=utf-8><title>T</title>"
    "<script>gtag('config', 'G-1')</script></head><body>x</body></html>"
)


#
def test_it_stands_before_the_first_script_and_behind_what_says_how_the_page_is_encoded(
    tmp_path: Path,
) -> None:
    html = client(tmp_path, GOOGLE, PAGE).get("/").text

    first = html.index("<script data-modes=")
    assert html.index("charset=utf-8") < first
    assert html.count("data-modes=") == 1
    assert re.search(r"<script[^>]*>", html)[0].startswith("<script data-modes=")  # type: ignore[index]
    assert 'type="text/plain"' in html[html.index("gtag('config'") - 100 :]


#
def test_the_advanced_mode_leaves_the_tags_of_google_live_and_holds_back_their_cookies(
    tmp_path: Path,
) -> None:
    advanced = client(tmp_path, GOOGLE + '[consent_modes.google]\nmode = "advanced"\n', PAGE)
    html = advanced.get("/", headers={"Cookie": "_ga=1"})
    basic = client(tmp_path, GOOGLE, PAGE).get("/")

    assert "<script>gtag('config', 'G-1')</script>" in html.text
    assert "<script>gtag('config'" not in basic.text
    assert any("_ga=;" in line for line in html.headers.get_list("set-cookie"))


#
def test_of_the_advanced_mode_the_log_the_banner_and_the_cookies_page_speak(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    site = client(tmp_path, GOOGLE + '[consent_modes.google]\nmode = "advanced"\n', PAGE)
    said = "Even if you reject it, your browser contacts Google Ireland Limited"

    banner = site.get("/").text
    assert banner.count(said) == 2
    for service in ("Google Analytics 4", "Google Ads"):  # what "it" is
        assert f"<p><strong>{service}</strong><br>{said}" in banner
    assert site.get("/cookies").text.count(said) == 2
    assert caplog.text.count("CK055") == 1


def test_in_the_basic_mode_nobody_is_told_of_it(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    site = client(tmp_path, GOOGLE, PAGE)

    assert "Even if you reject" not in site.get("/").text + site.get("/cookies").text
    assert "CK05" not in caplog.text


#
def test_a_policy_for_the_visitor_lets_the_tags_of_the_advanced_mode_in(tmp_path: Path) -> None:
    text = GOOGLE + '[consent_modes.google]\nmode = "advanced"\n'
    answer = client(tmp_path, text, PAGE, csp="enforce").get("/")

    assert "www.googletagmanager.com" in answer.headers["content-security-policy"]


#
def test_no_part_of_a_container_is_live_without_a_yes(tmp_path: Path) -> None:
    text = '[categories.marketing]\nuse = ["google-tag-manager"]\n[consent_modes.google]\nmode = "advanced"\n'
    page = PAGE.replace("gtag('config', 'G-1')", "w[l].push({'gtm.start': 1})").replace(
        "<body>",
        '<body><noscript><iframe src="https://www.googletagmanager.com/ns.html?id=G"></iframe></noscript>',
    )
    html = client(tmp_path, text, page).get("/").text

    assert "<script>w[l]" not in html
    assert 'src="https://www.googletagmanager.com' not in html.replace('data-consent-src="', "")


#
def test_pages_with_different_choices_have_different_tags(tmp_path: Path) -> None:
    site = client(tmp_path, GOOGLE, PAGE)
    undecided = site.get("/").text
    policy_now = load_policy(tmp_path / "consent.toml")
    site.cookies.update(consent_cookies(policy_now, KEY, granted=["analytics"]))

    assert "google-analytics" in site.get("/").text.partition("data-modes=")[2].partition(">")[0]
    assert undecided != site.get("/").text
