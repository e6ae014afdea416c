"""``[consent_modes]``: what it may say, and what becomes of services that are loaded without a yes."""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from consentkit.errors import PolicyError
from consentkit.policy.advice import advise
from consentkit.policy.consent_modes import SIGNALS, ConsentModes
from consentkit.policy.digest import material_digests
from consentkit.policy.file import parse_policy
from consentkit.policy.model import Policy

SITE = '[site]\nname = "Tides"\ncontroller = { name = "Harbour Office", contact = "tides@harbour.example" }\n'
GOOGLE = '[categories.analytics]\nuse = ["google-analytics"]\n[categories.marketing]\nuse = ["google-ads"]\n'
MATOMO = '[categories.analytics]\nuse = ["matomo"]\n'


def policy(text: str) -> Policy:
    return parse_policy(SITE + text)


def faults(text: str) -> list[tuple[str, str]]:
    with pytest.raises(PolicyError) as caught:
        policy(text)
    return [(fault.id, fault.path) for fault in caught.value.faults]


def test_nothing_has_to_be_said() -> None:
    assert policy(GOOGLE).consent_modes == ConsentModes()
    assert policy(GOOGLE).ungated == frozenset()


#
def test_everything_that_can_be_said_is_kept() -> None:
    modes = policy(
        GOOGLE
        + """
        [consent_modes]
        off = ["meta", "tiktok"]
        signals = { analytics_storage = "analytics", ad_storage = "google-ads" }
        matomo = { mode = "cookieless" }
        tag_manager = { allowlist = ["html", "jsm"] }
        [consent_modes.google]
        mode = "advanced"
        wait_for_update = 0
        ads_data_redaction = false
        url_passthrough = true
        """
    ).consent_modes

    assert modes.off == {"meta", "tiktok"}
    assert modes.signals == {"analytics_storage": "analytics", "ad_storage": "google-ads"}
    google = modes.google
    assert (google.advanced, google.wait_for_update) == (True, 0)
    assert (google.ads_data_redaction, google.url_passthrough) == (False, True)
    assert modes.cookieless
    assert modes.allowlist == ("html", "jsm")


#
def test_regions_keep_their_order_and_say_each_signal_once() -> None:
    regions = """
    [[consent_modes.google.regions]]
    region = ["US-CA", "US"]
    denied = ["ad_storage", "ad_storage"]
    [[consent_modes.google.regions]]
    region = ["GB"]
    denied = ["ad_personalization"]
    """
    first, second = policy(GOOGLE + regions).consent_modes.google.regions

    assert (first.codes, first.denied) == (("US-CA", "US"), ("ad_storage",))
    assert (second.codes, second.denied) == (("GB",), ("ad_personalization",))


#
@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ('google = { mode = "on" }', ("CK006", "consent_modes.google.mode")),
        ("google = { wait_for_update = -1 }", ("CK006", "consent_modes.google.wait_for_update")),
        ("google = { wait_for_update = 10001 }", ("CK006", "consent_modes.google.wait_for_update")),
        ('google = { wait_for_update = "500" }', ("CK005", "consent_modes.google.wait_for_update")),
        ("google = { wait = 1 }", ("CK003", "consent_modes.google.wait")),
        (
            'google = { regions = [{ region = ["us-ca"], denied = ["ad_storage"] }] }',
            ("CK054", "consent_modes.google.regions[0].region[0]"),
        ),
        (
            'google = { regions = [{ region = ["US-CALI"], denied = ["ad_storage"] }] }',
            ("CK054", "consent_modes.google.regions[0].region[0]"),
        ),
        (
            'google = { regions = [{ region = [], denied = ["ad_storage"] }] }',
            ("CK006", "consent_modes.google.regions[0].region"),
        ),
        (
            'google = { regions = [{ region = ["GB"], denied = ["storage"] }] }',
            ("CK006", "consent_modes.google.regions[0].denied[0]"),
        ),
        ('off = ["facebook"]', ("CK006", "consent_modes.off[0]")),
        ('signals = { storage = "analytics" }', ("CK006", "consent_modes.signals.storage.[key]")),
        ('matomo = { mode = "advanced" }', ("CK006", "consent_modes.matomo.mode")),
        ('tag_manager = { allowlist = ["</script>"] }', ("CK005", "consent_modes.tag_manager.allowlist[0]")),
    ],
)
def test_what_cannot_be_said_is_one_fault_with_its_place(said: str, fault: tuple[str, str]) -> None:
    assert faults(f"{GOOGLE}[consent_modes]\n{said}\n") == [fault]


@given(code=st.from_regex(r"[A-Z]{2}(-[A-Z0-9]{1,3})?", fullmatch=True))
def test_every_code_of_the_form_of_iso_3166_is_taken(code: str) -> None:
    text = f'{GOOGLE}[[consent_modes.google.regions]]\nregion = ["{code}"]\ndenied = ["ad_storage"]\n'

    assert policy(text).consent_modes.google.regions[0].codes == (code,)


@given(code=st.text(st.sampled_from("ABab1-_ <\u0391"), max_size=7))
def test_no_other_code_is(code: str) -> None:
    assume(re.fullmatch(r"[A-Z]{2}(-[A-Z0-9]{1,3})?", code) is None)
    text = f'{GOOGLE}[[consent_modes.google.regions]]\nregion = ["{code}"]\ndenied = ["ad_storage"]\n'

    assert faults(text) == [("CK054", "consent_modes.google.regions[0].region[0]")]


@pytest.mark.parametrize("signal", SIGNALS)
def test_only_what_guards_the_site_may_go_by_something_essential(signal: str) -> None:
    text = f'{GOOGLE}[consent_modes.signals]\n{signal} = "essential"\n'

    if signal == "security_storage":
        assert policy(text).consent_modes.signals == {signal: "essential"}
    else:
        assert faults(text) == [("CK051", f"consent_modes.signals.{signal}")]


def test_a_service_of_an_essential_category_is_no_choice_either() -> None:
    text = """
    [categories.analytics]
    [categories.shop]
    essential = true
    name = "Shop"
    purpose = "Sell."
    [services.till]
    category = "shop"
    provider = "Till Ltd"
    reason = "Takes the money."
    [consent_modes.signals]
    ad_storage = "till"
    """
    assert faults(text) == [("CK051", "consent_modes.signals.ad_storage")]


#
def test_in_the_basic_mode_nothing_is_loaded_without_a_yes() -> None:
    assert policy(GOOGLE + '[consent_modes.google]\nmode = "basic"').ungated == frozenset()


#
def test_the_advanced_mode_is_for_the_services_of_google_and_no_container() -> None:
    container = GOOGLE.replace('["google-ads"]', '["google-ads", "google-tag-manager", "meta-pixel"]')
    advanced = policy(container + '[consent_modes.google]\nmode = "advanced"')

    assert advanced.ungated == {"google-analytics", "google-ads"}


#
def test_counting_without_cookies_is_for_matomo_alone() -> None:
    both = MATOMO.replace('["matomo"]', '["matomo", "google-analytics"]')

    assert policy(both + '[consent_modes.matomo]\nmode = "cookieless"').ungated == {"matomo"}


def test_an_interface_that_is_left_alone_ungates_nothing() -> None:
    text = '[consent_modes]\noff = ["google"]\ngoogle = { mode = "advanced" }\n'

    assert policy(GOOGLE + text).ungated == frozenset()


#
def test_to_load_a_service_without_a_yes_asks_again_about_it_and_nothing_else() -> None:
    basic = material_digests(policy(GOOGLE))
    advanced = material_digests(policy(GOOGLE + '[consent_modes.google]\nmode = "advanced"'))
    waiting = material_digests(policy(GOOGLE + "[consent_modes.google]\nwait_for_update = 9\n"))
    other = material_digests(policy(GOOGLE + '[consent_modes.matomo]\nmode = "cookieless"'))

    assert {name for name in basic if basic[name] != advanced[name]} == set(basic)
    assert basic == waiting == other


#
@pytest.mark.parametrize(
    ("text", "mode", "names"),
    [
        (GOOGLE, "google", "google-analytics, google-ads"),
        (MATOMO, "matomo", "matomo"),
    ],
)
def test_a_site_is_told_that_a_service_is_contacted_without_a_yes(text: str, mode: str, names: str) -> None:
    value = {"google": "advanced", "matomo": "cookieless"}[mode]
    [advice] = advise(policy(f'{text}[consent_modes.{mode}]\nmode = "{value}"\n'))

    assert (advice.id, advice.path) == ("CK055", f"consent_modes.{mode}.mode")
    assert names in advice.message
    assert list(advise(policy(text))) == []


#
def test_a_site_with_googles_advertisements_is_told_that_they_need_a_certified_platform() -> None:
    [advice] = advise(policy('[categories.marketing]\nuse = ["google-publisher-ads"]\n'))

    assert advice.id == "CK056"
    assert "certified" in advice.message
    assert list(advise(policy(GOOGLE))) == []


#
def test_the_three_signals_of_advertising_go_by_one_purpose() -> None:
    assert {name for signal, name in SIGNALS.items() if signal.startswith("ad_")} == {"marketing"}
    services = policy(
        GOOGLE + '[services.google-publisher-ads]\nprovider = "G"\ncategory = "marketing"'
    ).services
    for service in ("google-ads", "google-publisher-ads"):
        assert set(services[service].signals) == {"ad_storage", "ad_user_data", "ad_personalization"}


#
@pytest.mark.parametrize(
    ("lifetime", "exempt"), [("13 months", True), ("391 days", False), ("session", True)]
)
def test_measuring_without_consent_takes_cookies_of_thirteen_months_at_most(
    lifetime: str, exempt: bool
) -> None:
    text = f"""
    [categories.audience]
    essential = true
    exemption = "fr-audience-measurement"
    name = "Audience"
    purpose = "Count visits."
    [services.matomo]
    category = "audience"
    provider = "Harbour Office"
    reason = "Counts the readers of this site for its owner."
    cookies = [{{ name = "_pk_id.*", purpose = "Counts.", expires_after = "{lifetime}" }}]
    storage = []
    """
    if exempt:
        assert policy(text).services["matomo"].consent_api == "matomo"
    else:
        assert faults(text) == [("CK057", "services.matomo.cookies[0].expires_after")]
