from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jinja2 import UndefinedError
from turbohtml import Element, parse

from consentkit.consent.model import Consent
from consentkit.consent.once import LIFETIME
from consentkit.errors import UnknownNameError
from consentkit.policy.digest import notice
from consentkit.policy.duration import Duration
from consentkit.policy.local_text import LocalText
from consentkit.policy.model import Category, Controller, Policy, Service, Site
from consentkit.policy.texts import Texts, available_languages, load_texts
from consentkit.ui.render import Pages
from consentkit.ui.view import View

MakePolicy = Callable[..., Policy]


def text_of(element: Element) -> str:
    return " ".join(element.text.split())


def attribute(element: Element, name: str) -> str:
    return element.attr(name) or ""


def checked(html: str) -> dict[str, str]:
    """Return what the form sends for its radios when nobody touches it."""
    radios = [radio for radio in parse(html).select("input[type=radio]") if "checked" in radio.attrs]
    return {attribute(radio, "name"): attribute(radio, "value") for radio in radios}


def hidden(html: str) -> dict[str, str]:
    fields_ = parse(html).select("form[method=post] input[type=hidden]")
    return {attribute(one_, "name"): attribute(one_, "value") for one_ in fields_}


def one(html: str, selector: str) -> Element:
    found = parse(html).select(selector)
    assert len(found) == 1, f"{len(found)} elements match {selector}"
    return found[0]


def everything(pages: Pages, view: View) -> list[str]:
    """Render all there is, in every state of the visitor."""
    consents = [
        view.consent,
        replace(view.consent, gpc=True),
        view.consent.grant_all(),
        view.consent.deny_all(),
    ]
    views = [replace(view, consent=consent, saved=saved) for consent in consents for saved in (False, True)]
    names = sorted(view.consent.policy.names)
    return [
        *(str(pages.banner(v)) for v in views),
        *(pages.cookies_page(v, back="/x") for v in views),
        *(str(pages.placeholder(view, name)) for name in names),
        pages.error_page(view, "malformed"),
        str(pages.link(view)),
    ]


# --- the banner -------------------------------------------------------------------------------------


#
def test_accept_reject_and_manage_are_the_same_kind_of_control(policy: Policy, view: View) -> None:
    found = parse(str(Pages(policy).banner(view))).select("#choices button")

    assert [text_of(button) for button in found] == ["Accept all", "Reject all", "Manage choices"]
    looks = [{k: v for k, v in button.attrs.items() if k not in {"name", "value"}} for button in found]
    assert looks[0] == looks[1] == looks[2] == {"class": ["choices-button"], "type": "submit"}


#
def test_accepting_and_refusing_are_one_submit_of_one_form(policy: Policy, view: View) -> None:
    form = one(str(Pages(policy).banner(view)), "form[method=post]")

    assert attribute(form, "action") == "/cookies"
    sent = [(attribute(b, "name"), attribute(b, "value")) for b in form.select("button")]
    assert sent == [("decision", "grant-all"), ("decision", "deny-all")]


def test_the_form_says_where_the_visitor_is_and_what_was_shown(policy: Policy, view: View) -> None:
    expected = {"next": "/reports?page=2&sort=date", "notice": notice(policy)}
    assert hidden(str(Pages(policy).banner(view))) == expected


def test_manage_choices_asks_for_the_cookies_page_and_knows_the_way_back(policy: Policy, view: View) -> None:
    form = one(str(Pages(policy).banner(view)), "form[method=get]")

    assert attribute(form, "action") == "/cookies"
    names = [(attribute(field, "name"), attribute(field, "value")) for field in form.select("input")]
    assert names == [("next", "/reports?page=2&sort=date")]


#
def test_the_banner_has_nothing_to_tick_and_nothing_that_closes_it(policy: Policy, view: View) -> None:
    document = parse(str(Pages(policy).banner(view)))

    assert not document.select("input:not([type=hidden]), dialog, [popover], [role=dialog]")
    assert len(document.select("button")) == 3


#
def test_who_and_why_stand_before_the_first_button(policy: Policy, view: View) -> None:
    html = str(Pages(policy).banner(view))
    before = html[: html.index("<button")]

    for category in policy.optional:
        assert category.name.by_language["en"] in before
        assert category.purpose.by_language["en"] in before
    assert "Open Water Authority" in before
    # Counting Ltd and Video Company; the panel is run by the controller itself.
    assert "Other organisations that would be involved: 2." in before
    assert 'href="/cookies?next=/reports%3Fpage%3D2%26sort%3Ddate"' in before


def test_a_site_without_other_organisations_names_no_number(
    make_policy: MakePolicy, essential: Category, functional: Category, view: View
) -> None:
    policy = make_policy(essential, functional)
    assert "Other organisations" not in Pages(policy).banner(replace(view, consent=Consent(policy)))


#
@pytest.mark.parametrize("layer", ["banner", "page"])
def test_there_are_as_many_ways_to_refuse_as_to_accept(policy: Policy, view: View, layer: str) -> None:
    pages = Pages(policy)
    html = str(pages.banner(view)) if layer == "banner" else pages.cookies_page(view, back=None)
    decisions = Counter(attribute(button, "value") for button in parse(html).select("button[name=decision]"))

    assert decisions["grant-all"] == decisions["deny-all"] == 1


#
def test_the_banner_shows_until_everything_is_decided(policy: Policy, view: View) -> None:
    pages = Pages(policy)

    assert "choices-ask" in pages.banner(replace(view, consent=Consent(policy).grant("analytics")))
    assert pages.banner(replace(view, consent=Consent(policy).deny_all())) == ""


#
def test_a_site_that_needs_no_consent_asks_nothing_and_still_lists_what_it_stores(
    make_policy: MakePolicy, essential: Category, view: View
) -> None:
    policy = make_policy(essential)
    pages, view = Pages(policy), replace(view, consent=Consent(policy))

    assert pages.banner(view) == ""
    page = pages.cookies_page(view, back=None)
    assert not parse(page).select("form, button")
    assert "session" in page


#
def test_a_signal_that_was_honoured_is_shown_and_only_then(policy: Policy, view: View) -> None:
    pages = Pages(policy)
    on = replace(view, consent=Consent(policy, gpc=True))

    said = "sends the Global Privacy Control signal, so these are refused"
    for shown in (str(pages.banner(on)), pages.cookies_page(on, back=None)):
        assert said in shown
    for silent in (str(pages.banner(view)), pages.cookies_page(view, back=None)):
        assert said not in silent


#
def test_the_banner_is_a_labelled_region_in_the_flow(policy: Policy, view: View) -> None:
    html = str(Pages(policy).banner(view))
    region = one(html, "#choices")

    assert (region.tag, attribute(region, "role")) == ("section", "region")
    heading = one(html, "#" + attribute(region, "aria-labelledby"))
    assert (heading.tag, text_of(heading)) == ("h2", "Are you OK with cookies on Office for Open Water?")
    assert "data-nosnippet" in region.attrs


#
@pytest.mark.parametrize("language", ["en", "cy"])
def test_both_layers_tell_of_withdrawal_before_the_choice(policy: Policy, view: View, language: str) -> None:
    pages, view = Pages(policy), replace(view, language=language)
    texts = load_texts(language)

    assert texts.text("banner_withdraw") in text_of(one(str(pages.banner(view)), "#choices"))
    page = text_of(one(pages.cookies_page(view, back=None), "main"))
    assert texts.text("withdraw_text") in page
    assert texts.text("duration_text", duration=texts.duration(policy.expires_after)) in page


# --- languages --------------------------------------------------------------------------------------


#
@pytest.mark.parametrize("language", available_languages())
def test_everything_renders_in_every_language_and_says_which(
    make_policy: MakePolicy, policy: Policy, view: View, language: str
) -> None:
    site = replace(policy.site, languages=(language,))
    translated = make_policy(*policy.categories, site=site)
    view = replace(view, consent=Consent(translated), language=language)
    pages = Pages(translated)
    direction = load_texts(language).direction

    for fragment, selector in (
        (pages.banner(view), "#choices"),
        (pages.placeholder(view, "video"), ".choices-embed"),
    ):
        element = one(str(fragment), selector)
        assert (attribute(element, "lang"), attribute(element, "dir")) == (language, direction)
    for html in everything(pages, view):
        assert "{" not in html


#
def test_a_phrase_in_another_language_is_marked_and_one_in_the_same_is_not(
    policy: Policy, view: View
) -> None:
    html = str(Pages(policy).banner(replace(view, language="cy")))
    foreign = [(attribute(span, "lang"), text_of(span)) for span in parse(html).select("span[lang]")]

    assert foreign == [("en", "Content from others"), ("en", "Show videos from other organisations.")]
    assert "<strong>Dadansoddeg</strong>" in html


#
def test_a_language_written_from_right_to_left_sets_the_direction(
    make_policy: MakePolicy, policy: Policy, view: View
) -> None:
    right_to_left = replace(load_texts("en"), language="ar", direction="rtl")
    translated = replace(policy, site=replace(policy.site, languages=("ar",)), texts={"ar": right_to_left})
    view = replace(view, consent=Consent(translated), language="ar")
    pages = Pages(translated)

    assert attribute(one(str(pages.banner(view)), "#choices"), "dir") == "rtl"
    assert attribute(one(pages.cookies_page(view, back=None), "html"), "dir") == "rtl"


def test_a_language_the_site_does_not_have_becomes_its_first(policy: Policy, view: View) -> None:
    assert attribute(one(str(Pages(policy).banner(replace(view, language="xx"))), "#choices"), "lang") == "en"


# --- the cookies page -------------------------------------------------------------------------------


#
def test_an_untouched_form_is_a_refusal(policy: Policy, view: View) -> None:
    untouched = checked(Pages(policy).cookies_page(view, back=None))

    assert untouched == {
        "choice.functional": "denied",
        "choice.analytics": "denied",
        "choice.counter": "",
        "choice.panel": "",
        "choice.third-party": "denied",
    }


#
def test_the_form_shows_the_saved_answers(policy: Policy, view: View) -> None:
    consent = Consent(policy).deny_all().grant("analytics").deny("counter").grant("video")
    page = Pages(policy).cookies_page(replace(view, consent=consent), back=None)

    assert checked(page) == {
        "choice.functional": "denied",
        "choice.analytics": "granted",
        "choice.counter": "denied",
        "choice.panel": "",
        "choice.third-party": "denied",
        # A category of one service asks for it apart only when it was answered apart.
        "choice.video": "granted",
    }


#
def test_a_grant_that_the_signal_overrules_shows_as_refused(policy: Policy, view: View) -> None:
    consent = replace(Consent(policy).grant_all().grant("video"), gpc=True)
    shown = checked(Pages(policy).cookies_page(replace(view, consent=consent), back=None))

    assert shown["choice.third-party"] == "denied"
    assert shown.get("choice.video", "") == ""
    assert shown["choice.analytics"] == "granted"


#
def test_the_buttons_of_the_cookies_page_are_equals_and_save_is_the_default(
    policy: Policy, view: View
) -> None:
    found = parse(Pages(policy).cookies_page(view, back=None)).select("button")

    assert [attribute(button, "value") for button in found] == ["save", "grant-all", "deny-all"]
    looks = [{k: v for k, v in button.attrs.items() if k != "value"} for button in found]
    assert looks[0] == looks[1] == looks[2]


#
def test_nothing_is_offered_on_any_other_ground_than_consent(policy: Policy, view: View) -> None:
    page = Pages(policy).cookies_page(view, back=None)

    assert "legitimate" not in page.lower()
    assert {attribute(field, "type") for field in parse(page).select("input")} == {"hidden", "radio"}
    assert not [name for name in checked(page) if name.startswith("choice.essential")]


#
@pytest.mark.parametrize("language", ["en", "cy"])
def test_the_tables_list_what_the_policy_declares_and_nothing_else(
    policy: Policy, view: View, language: str
) -> None:
    page = Pages(policy).cookies_page(replace(view, language=language), back=None)
    rows = [tuple(text_of(cell) for cell in row.select("th, td")) for row in parse(page).select("tbody tr")]
    texts, authority = load_texts(language), "Open Water Authority"
    here, cookie = f"({texts.text('first_party')})", texts.kind("cookie")
    session, until = texts.lifetime("session"), texts.lifetime("until-deleted")
    lengths = [Duration(180, "day"), Duration(1, "year"), Duration(2, "year"), Duration(13, "month")]
    days, year, two_years, thirteen = (texts.duration(length) for length in lengths)
    minute = texts.duration(Duration(LIFETIME // 60, "minute"))
    settings_ = "Remember settings." if language == "en" else "Cofio gosodiadau."
    storage = texts.kind("local-storage")

    assert rows == [
        ("__Host-consent", texts.text("consent_cookie"), f"{authority} {here}", cookie, days),
        ("__Host-consent-once", texts.text("once_cookie"), f"{authority} {here}", cookie, minute),
        ("session", "Keeps you signed in.", f"{authority} {here}", cookie, session),
        ("theme", settings_, f"{authority} {here}", cookie, year),
        ("_ct", "Tells visitors apart.", f"Counting Ltd {here}", cookie, two_years),
        ("_ct_*", "Counts visits.", "Counting Ltd (counter.example)", cookie, thirteen),
        ("device-id", "Show videos from other organisations.", f"Video Company {here}", storage, until),
    ]


#
def test_essential_categories_say_that_they_are_on_and_why(policy: Policy, view: View) -> None:
    section = one(Pages(policy).cookies_page(view, back=None), "section.choices-category")
    said = text_of(section)

    assert "Always on" in said
    assert load_texts("en").text("exemption_requested_service") in said
    assert not section.select("input, button")


def test_an_essential_service_gives_its_reason(
    make_policy: MakePolicy, essential: Category, view: View
) -> None:
    reason = LocalText({"en": "Shares the load between servers."}, "en")
    balancer = Service("balancer", "essential", "Balancer", "Hosting Ltd", reason=reason)
    policy = make_policy(replace(essential, services=(balancer,)))
    page = Pages(policy).cookies_page(replace(view, consent=Consent(policy)), back=None)

    assert "Shares the load between servers." in page
    assert "your browser contacts Hosting Ltd" in page


#
def test_every_service_is_named_with_who_runs_it_where_and_what_is_contacted(
    policy: Policy, view: View
) -> None:
    page = Pages(policy).cookies_page(view, back=None)
    said = text_of(one(page, "main"))

    for service in policy.services.values():
        assert f"{service.name} {service.provider}" in said
        assert "Your browser contacts: " + ", ".join(service.hosts) in said
    assert "Country of the provider: Ireland" in said
    notices = [attribute(a, "href") for a in parse(page).select("a[rel=noreferrer]")]
    assert notices == ["https://counter.example/privacy"]


#
@pytest.mark.parametrize(("secure", "name"), [(True, "__Host-consent"), (False, "consent")])
def test_our_own_cookies_are_listed_under_their_real_names(
    policy: Policy, view: View, secure: bool, name: str
) -> None:
    section = one(
        Pages(policy).cookies_page(replace(view, secure=secure), back=None), "section.choices-category"
    )
    assert [text_of(code) for code in section.select("code")] == [name, f"{name}-once", "session"]


#
def test_every_radio_is_named_after_its_category_or_service(policy: Policy, view: View) -> None:
    page = Pages(policy).cookies_page(view, back=None)
    names = [text_of(label) for label in parse(page).select("label")]

    assert len(set(names)) == len(names)
    assert names[:2] == ["Accept (Functional)", "Reject (Functional)"]
    assert "Same as “Analytics” (Counter)" in names
    assert [text_of(legend) for legend in parse(page).select("legend h2")] == [
        category.name.by_language["en"] for category in policy.optional
    ]


def test_tables_keep_their_meaning_when_they_are_stacked(policy: Policy, view: View) -> None:
    document = parse(Pages(policy).cookies_page(view, back=None))
    roles = {"table": "table", "tr": "row", "td": "cell", "thead": "rowgroup", "tbody": "rowgroup"}

    for tag, role in roles.items():
        assert {attribute(element, "role") for element in document.select(tag)} == {role}
    assert {(attribute(th, "scope"), attribute(th, "role")) for th in document.select("th")} == {
        ("col", "columnheader"),
        ("row", "rowheader"),
    }
    assert len(document.select("caption")) == len(document.select("table"))


def test_saving_leads_back_to_the_cookies_page_which_still_knows_the_way_back(
    policy: Policy, view: View
) -> None:
    pages = Pages(policy)

    with_back = hidden(pages.cookies_page(view, back="/reports?page=2"))
    assert with_back == {"next": "/cookies?next=/reports%3Fpage%3D2", "notice": notice(policy)}
    assert hidden(pages.cookies_page(view, back=None)) == {"notice": notice(policy)}


@pytest.mark.parametrize(
    "back", ["//evil.example", "https://evil.example/", "javascript:alert(1)", "/\\evil", "x"]
)
def test_a_way_back_that_leaves_the_site_is_no_way_back(policy: Policy, view: View, back: str) -> None:
    pages = Pages(policy)
    assert pages.cookies_page(view, back=back) == pages.cookies_page(view, back=None)


def test_the_page_says_whether_there_is_a_choice_and_how_long_it_holds(policy: Policy, view: View) -> None:
    pages, undecided = Pages(policy), load_texts("en").text("undecided")
    kept = "We keep your choice for 180 days"
    before = pages.cookies_page(view, back=None)
    after = pages.cookies_page(replace(view, consent=Consent(policy).deny_all()), back=None)

    assert undecided in before
    assert undecided not in after
    assert (before.count(kept), after.count(kept)) == (1, 1)


def test_the_page_names_the_controller_the_contact_and_the_privacy_notice(policy: Policy, view: View) -> None:
    page = Pages(policy).cookies_page(view, back=None)

    assert "Open Water Authority" in text_of(one(page, "h1 + p"))
    links = {text_of(a): attribute(a, "href") for a in parse(page).select("a")}
    assert links["privacy@water.example"] == "mailto:privacy@water.example"
    assert links["Privacy notice"] == "/privacy"


# --- after the choice -------------------------------------------------------------------------------


#
@pytest.mark.parametrize(
    ("decide", "said"),
    [
        (lambda consent: consent.grant_all(), "You accepted all optional cookies."),
        (lambda consent: consent.deny_all(), "You rejected all optional cookies."),
        (lambda consent: consent.deny_all().grant("analytics"), "Your cookie choices have been saved."),
        (lambda consent: consent.grant_all().deny("video"), "Your cookie choices have been saved."),
    ],
)
def test_the_confirmation_says_what_really_holds(
    policy: Policy, view: View, decide: Callable[[Consent], Consent], said: str
) -> None:
    view = replace(view, consent=decide(Consent(policy)), saved=True)
    box = one(str(Pages(policy).banner(view)), "#choices-saved")

    assert said in text_of(box)
    assert load_texts("en").text("confirmation_change") in text_of(box)
    assert (attribute(box, "role"), attribute(box, "tabindex")) == ("status", "-1")
    hide = box.select("a.choices-button")
    assert [(text_of(a), attribute(a, "href")) for a in hide] == [("Hide this message", view.path)]


#
def test_a_made_up_confirmation_address_does_not_hide_the_question(policy: Policy, view: View) -> None:
    view = replace(view, saved=True)

    assert "choices-ask" in Pages(policy).banner(view)
    assert "choices-saved" not in Pages(policy).banner(view)
    assert "choices-saved" not in Pages(policy).cookies_page(view, back=None)


#
def test_the_cookies_page_confirms_and_links_back(policy: Policy, view: View) -> None:
    view = replace(view, consent=Consent(policy).deny_all(), saved=True)
    page = Pages(policy).cookies_page(view, back="/reports")
    links = [attribute(a, "href") for a in one(page, "#choices-saved").select("a")]

    assert links == ["/reports", "/cookies?next=/reports"]
    assert page.index("choices-saved") < page.index("<h1")


#
def test_the_link_leads_to_the_cookies_page_and_back(policy: Policy, view: View) -> None:
    pages = Pages(policy)
    link = one(str(pages.link(view)), "a.choices-link")

    assert text_of(link) == "Cookie settings"
    assert attribute(link, "href") == pages.url(view) == "/cookies?next=/reports%3Fpage%3D2%26sort%3Ddate"


def test_a_placeholder_names_what_is_missing_and_why(policy: Policy, view: View) -> None:
    pages = Pages(policy)

    for name in ("video", "third-party"):
        said = text_of(one(str(pages.placeholder(view, name)), ".choices-embed"))
        assert "Video Player" in said
        assert "Video Company" in said
        assert "“Content from others”" in said
    assert "Counter, Panel" in pages.placeholder(view, "analytics")
    assert "Office for Open Water" in pages.placeholder(view, "functional")
    with pytest.raises(UnknownNameError):
        pages.placeholder(view, "vidoe")


#
def test_a_placeholder_offers_to_load_its_embed_once_and_its_service_always(
    policy: Policy, view: View
) -> None:
    fragment = str(Pages(policy).placeholder(view, "video", "a" * 22))
    fields = {
        attribute(field, "name"): attribute(field, "value") for field in parse(fragment).select("input")
    }
    buttons = parse(fragment).select("button")

    assert fields == {
        "next": view.path,
        "notice": notice(policy),
        "choice.video": "granted",
        "embed": "a" * 22,
    }
    assert [(text_of(button), attribute(button, "value")) for button in buttons] == [
        ("Load this once", "load-once"),
        ("Always load Video Player", "grant"),
    ]
    assert len({attribute(button, "class") for button in buttons}) == 1
    group = one(fragment, "[role=group]")
    assert attribute(group, "aria-label") == "Video Player"
    assert len(group.select("button")) == len(buttons)
    assert parse(fragment).select("[id], [style]") == []


#
def test_the_button_for_an_embed_of_a_category_says_that_it_grants_the_category(
    policy: Policy, view: View
) -> None:
    button = one(str(Pages(policy).placeholder(view, "analytics")), "button")

    assert text_of(button) == "Always load Analytics"


def test_a_placeholder_without_an_embed_offers_no_single_load(policy: Policy, view: View) -> None:
    fragment = str(Pages(policy).placeholder(view, "video"))

    assert [attribute(button, "value") for button in parse(fragment).select("button")] == ["grant"]


@pytest.mark.parametrize("code", load_texts("en").errors)
def test_every_refused_decision_has_a_page_that_says_nothing_was_changed(
    policy: Policy, view: View, code: str
) -> None:
    page = Pages(policy).error_page(view, code)

    assert load_texts("en").error(code) in text_of(one(page, "main"))
    assert "Nothing was changed." in page
    assert attribute(one(page, "a"), "href") == "/cookies"


# --- what all of it has in common -------------------------------------------------------------------


#
def test_nothing_needs_an_exception_from_a_strict_policy(policy: Policy, view: View) -> None:
    for html in everything(Pages(policy), view):
        for element in parse(html).select("*"):
            assert element.tag not in {"script", "style", "template", "noscript"}
            assert not [name for name in element.attrs if name == "style" or name.startswith("on")]


#
def test_the_stylesheet_is_a_file_or_carries_the_nonce(policy: Policy, view: View) -> None:
    pages = Pages(policy)
    (path, asset) = next(iter(pages.assets.items()))

    assert attribute(one(str(pages.head(view)), "link"), "href") == f"/cookies/assets/{path}"
    assert path == asset.path
    assert re.fullmatch(r"[0-9a-f]{16}/choices\.css", path)
    style = one(str(pages.head(replace(view, nonce="cm9sbA=="))), "style")
    assert (attribute(style, "nonce"), style.text) == ("cm9sbA==", asset.body.decode())
    assert 'nonce="cm9sbA=="' in pages.cookies_page(replace(view, nonce="cm9sbA=="), back=None)


def test_no_name_is_one_that_block_lists_hide(policy: Policy, view: View) -> None:
    blocked = re.compile(r"consent|cookie|banner|gdpr|privacy|ck-", re.IGNORECASE)

    for html in everything(Pages(policy), view):
        for element in parse(html).select("[class], [id]"):
            assert not blocked.search(f"{attribute(element, 'class')} {attribute(element, 'id')}")


def test_one_visitor_never_sees_what_another_one_chose(policy: Policy, view: View) -> None:
    pages = Pages(policy)
    before = pages.cookies_page(view, back=None), pages.banner(view)
    other = View(
        consent=Consent(policy).grant_all(),
        language="cy",
        prefix="/app/cookies",
        path="/secret",
        saved=True,
        secure=False,
    )
    assert "/secret" in pages.banner(other)
    assert "/app/cookies" in pages.cookies_page(other, back="/secret")

    assert (pages.cookies_page(view, back=None), pages.banner(view)) == before


# --- hostile values ---------------------------------------------------------------------------------

HOSTILE = (
    "</script></style></title><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'><svg onload=alert(1)>",
    "\r\nSet-Cookie: a=b\r\n\r\n<h1>",
    "\u2028\u2029<!--",
    "{{ 7*7 }}{% raw %}{controller.__class__}",
    "]]></textarea><iframe>",
    "\x00&lt;&#60;script>",
)
# Names that the program reads and no operator types in freely; a hostile theme is refused, see test_theme.
KEPT = frozenset(
    {"language", "languages", "direction", "unit", "kind", "exemption", "default", "durations", "theme"}
)


def poison(value: Any, suffix: str) -> Any:  # noqa: ANN401 - any part of a policy
    """Return a copy of ``value`` with ``suffix`` after every string that is not in ``KEPT``."""
    if isinstance(value, str) and not isinstance(value, Enum) and value not in {"session", "until-deleted"}:
        return value + suffix
    if isinstance(value, tuple):
        return tuple(poison(item, suffix) for item in value)
    if isinstance(value, Mapping):
        return MappingProxyType({key: poison(item, suffix) for key, item in value.items()})
    if is_dataclass(value) and not isinstance(value, type):
        changes = {
            f.name: poison(getattr(value, f.name), suffix) for f in fields(value) if f.name not in KEPT
        }
        return replace(value, **changes)
    return value


def poisoned_pages(policy: Policy, suffix: str) -> tuple[Pages, View]:
    poisoned = cast("Policy", poison(policy, suffix))
    assert all(text.endswith(suffix) for texts in poisoned.texts.values() for text in texts.ui.values())
    return Pages(poisoned), View(
        consent=Consent(poisoned), language="cy", prefix=f"/cookies{suffix}", path=f"/x?{suffix}"
    )


def shape(html: str) -> list[tuple[str, list[str]]]:
    """Return the elements and the names of their attributes, without links: a bad one becomes text."""
    elements = [(element.tag, sorted(element.attrs)) for element in parse(html).select("*")]
    return [(tag, names) for tag, names in elements if tag != "a" and (tag, names) != ("span", [])]


#
@pytest.mark.parametrize("suffix", HOSTILE)
def test_no_value_of_the_policy_becomes_markup(policy: Policy, suffix: str) -> None:
    harmless = everything(*poisoned_pages(policy, "harmless"))

    for expected, html in zip(harmless, everything(*poisoned_pages(policy, suffix)), strict=True):
        assert shape(html) == shape(expected)


#
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(suffix=st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_no_text_at_all_becomes_markup(policy: Policy, suffix: str) -> None:
    shapes = []
    for tail in ("harmless", suffix):
        pages, view = poisoned_pages(policy, tail)
        shapes.append(shape(str(pages.banner(view)) + pages.cookies_page(view, back=None)))
    assert shapes[0] == shapes[1]


#
@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "java\nscript:alert(1)", " data:text/html,x", "//h.example"]
)
def test_an_address_that_is_not_a_web_page_is_text(
    make_policy: MakePolicy, analytics: Category, view: View, address: str
) -> None:
    site = Site("S", Controller("C", address), ("en",), address)
    services = tuple(replace(service, privacy_url=address) for service in analytics.services)
    policy = make_policy(replace(analytics, services=services), site=site)
    page = Pages(policy).cookies_page(replace(view, consent=Consent(policy)), back=None)

    assert parse(page).select("a") == []
    assert "alert(1)" in page or "h.example" in page or "text/html,x" in page


def test_a_text_with_a_name_in_braces_is_not_filled_twice(policy: Policy, view: View) -> None:
    named = replace(policy, site=replace(policy.site, name="{controller}"))
    html = str(Pages(named).banner(replace(view, consent=Consent(named))))
    assert "cookies on {controller}?" in html


# --- templates of the site --------------------------------------------------------------------------


def test_a_template_of_the_site_wins_file_by_file(policy: Policy, view: View, tmp_path: Path) -> None:
    (tmp_path / "placeholder.html").write_text('<p class="own">{{ service }}</p>', encoding="utf-8")
    pages = Pages(policy, templates=tmp_path)

    assert pages.placeholder(view, "video") == '<p class="own">Video Player</p>'
    assert pages.banner(view) == Pages(policy).banner(view)


def test_a_template_of_the_site_can_replace_one_block_and_keep_the_rest(
    policy: Policy, view: View, tmp_path: Path
) -> None:
    extends = '{% extends "consentkit/document.html" %}'
    own = extends + '{% block head %}{{ super() }}<meta name="own">{% endblock %}'
    (tmp_path / "document.html").write_text(own, encoding="utf-8")
    page = Pages(policy, templates=str(tmp_path)).cookies_page(view, back=None)

    shipped = Pages(policy).cookies_page(view, back=None)
    assert page.replace('<meta name="own">', "").split() == shipped.split()
    assert one(page, "head > meta[name=own]")


def test_a_template_of_the_site_that_asks_for_what_is_not_there_fails(
    policy: Policy, view: View, tmp_path: Path
) -> None:
    (tmp_path / "banner.html").write_text("{{ nonsense }}", encoding="utf-8")

    with pytest.raises(UndefinedError):
        Pages(policy, templates=tmp_path).banner(view)


def test_texts_of_the_site_reach_the_page(policy: Policy, view: View) -> None:
    own: Texts = policy.texts["en"].with_overrides({"ui": {"accept_all": "Accept everything"}})
    renamed = replace(policy, texts={**policy.texts, "en": own})
    assert "Accept everything" in Pages(renamed).banner(replace(view, consent=Consent(renamed)))
