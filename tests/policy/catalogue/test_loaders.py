"""That the entries recognise what providers give to put in: the address of a loader, a line of script."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from consentkit.gate.claims import Claims
from consentkit.policy.catalogue import catalogue_entry, catalogue_ids
from consentkit.policy.model import Policy

Parse = Callable[[str], Policy]

ADDRESSES = {
    "active-campaign": "https://diffuser-cdn.app-us1.com/diffuser/diffuser.js",
    "adobe-analytics": "https://assets.adobedtm.com/1/launch-1.min.js",
    "adobe-fonts": "https://use.typekit.net/abc1def.css",
    "amplitude": "https://cdn.amplitude.com/libs/analytics-browser-2.0.0-min.js.gz",
    "brevo": "https://cdn.brevo.com/js/sdk-loader.js",
    "cloudflare-web-analytics": "https://static.cloudflareinsights.com/beacon.min.js",
    "contentsquare": "//t.contentsquare.net/uxa/1.js",
    "crazy-egg": "//script.crazyegg.com/pages/scripts/0001/0002.js",
    "crisp": "//client.crisp.chat/l.js",
    "criteo": "//dynamic.criteo.com/js/ld/ld.js?a=1",
    "drift": "https://js.driftt.com/include/1/2.js",
    "facebook-embeds": "https://connect.facebook.net/cy_GB/sdk.js#xfbml=1",
    "fathom": "https://cdn.usefathom.com/script.js",
    "freshchat": "//eu.fw-cdn.com/1/2.js",
    "fullstory": "https://edge.fullstory.com/s/fs.js",
    "google-ads": "https://www.googletagmanager.com/gtag/js?id=AW-1",
    "google-analytics": "https://www.googletagmanager.com/gtag/js?id=G-1",
    "google-fonts": "https://fonts.googleapis.com/css2?family=Inter",
    "google-maps": "https://www.google.com/maps/embed?pb=1",
    "google-publisher-ads": "https://pagead2.googlesyndication.com/pagead/js/adsbygoogle.js?client=1",
    "google-tag-manager": "https://www.googletagmanager.com/gtm.js?id=GTM-1",
    "heap": "https://cdn.heapanalytics.com/js/heap-1.js",
    "hotjar": "https://static.hotjar.com/c/hotjar-1.js?sv=6",
    "hubspot": "//js-eu1.hs-scripts.com/1.js",
    "instagram": "//www.instagram.com/embed.js",
    "intercom": "https://widget.intercom.io/widget/1",
    "klaviyo": "https://static.klaviyo.com/onsite/js/1/klaviyo.js",
    "linkedin-insight": "https://px.ads.linkedin.com/collect/?pid=1&fmt=gif",
    "livechat": "https://cdn.livechatinc.com/tracking.js",
    "logrocket": "https://cdn.logrocket.io/LogRocket.min.js",
    "mailchimp": "https://chimpstatic.com/mcjs-connected/js/users/1/2.js",
    "marketo": "//munchkin.marketo.net/munchkin.js",
    "matomo": "https://tides.matomo.cloud/matomo.js",
    "meta-pixel": "https://www.facebook.com/tr?id=1&ev=PageView&noscript=1",
    "microsoft-advertising": "//bat.bing.com/bat.js",
    "microsoft-clarity": "https://www.clarity.ms/tag/1",
    "mixpanel": "//cdn.mxpnl.com/libs/mixpanel-2-latest.min.js",
    "new-relic-browser": "https://js-agent.newrelic.com/nr-loader-spa-1.min.js",
    "openstreetmap": "https://www.openstreetmap.org/export/embed.html?bbox=1",
    "optimizely": "https://cdn.optimizely.com/js/1.js",
    "outbrain": "//amplify.outbrain.com/cp/obtp.js",
    "pinterest-tag": "https://s.pinimg.com/ct/core.js",
    "piwik-pro": "https://tides.containers.piwik.pro/1.js",
    "plausible": "https://plausible.io/js/script.js",
    "posthog": "https://eu-assets.i.posthog.com/static/array.js",
    "quora-pixel": "https://q.quora.com/_/ad/1/pixel?tag=ViewContent&noscript=1",
    "recaptcha": "https://www.google.com/recaptcha/api.js?render=1",
    "reddit-pixel": "https://www.redditstatic.com/ads/pixel.js",
    "salesforce-pardot": "https://pi.pardot.com/pd.js",
    "segment": "https://cdn.segment.com/analytics.js/v1/1/analytics.min.js",
    "sentry": "https://js-de.sentry-cdn.com/1.min.js",
    "simple-analytics": "https://scripts.simpleanalyticscdn.com/latest.js",
    "snap-pixel": "https://sc-static.net/scevent.min.js",
    "soundcloud": "https://w.soundcloud.com/player/?url=1",
    "spotify": "https://open.spotify.com/embed/track/1",
    "taboola": "//cdn.taboola.com/libtrc/unip/1/tfa.js",
    "tawk-to": "https://embed.tawk.to/1/default",
    "tiktok-pixel": "https://analytics.tiktok.com/i18n/pixel/events.js?sdkid=1",
    "vimeo": "https://player.vimeo.com/video/1?dnt=1",
    "vwo": "https://dev.visualwebsiteoptimizer.com/j.php?a=1",
    "x": "https://platform.twitter.com/widgets.js",
    "x-pixel": "https://static.ads-twitter.com/uwt.js",
    "youtube": "https://www.youtube-nocookie.com/embed/1",
    "zendesk-chat": "https://static.zdassets.com/ekr/snippet.js?key=1",
}
LINES = {
    "active-campaign": "vgo('setAccount', '1'); vgo('process');",
    "adobe-analytics": "_satellite.pageBottom();",
    "adobe-fonts": "try { Typekit.load({ async: true }); } catch (e) {}",
    "amplitude": "amplitude.init('1');",
    "brevo": 'Brevo.push(["init", { client_key: "1" }]);',
    "crisp": 'window.$crisp = []; window.CRISP_WEBSITE_ID = "1";',
    "criteo": "window.criteo_q = window.criteo_q || [];",
    "drift": "drift.load('1');",
    "facebook-embeds": "window.fbAsyncInit = () => FB.init({ xfbml: true });",
    "freshchat": "window.fcWidget.init({ token: '1' });",
    "fullstory": "window['_fs_org'] = '1';",
    "google-ads": "gtag('config', 'AW-1');",
    "google-analytics": "gtag('config', 'G-1');",
    "google-publisher-ads": "(adsbygoogle = window.adsbygoogle || []).push({});",
    "google-tag-manager": "w[l].push({ 'gtm.start': new Date().getTime() });",
    "heap": "heap.load('1');",
    "hotjar": "h._hjSettings = { hjid: 1, hjsv: 6 };",
    "hubspot": 'hbspt.forms.create({ portalId: "1" });',
    "instagram": "instgrm.Embeds.process();",
    "intercom": "window.intercomSettings = { app_id: '1' };",
    "klaviyo": "var _learnq = _learnq || []; _learnq.push(['identify', {}]);",
    "linkedin-insight": "_linkedin_partner_id = '1';",
    "livechat": "window.__lc = window.__lc || {}; window.__lc.license = 1;",
    "logrocket": "LogRocket.init('tides/app');",
    "mailchimp": 'dojoRequire(["mojo/signup-forms/Loader"], (L) => L.start({}));',
    "marketo": "Munchkin.init('000-AAA-000');",
    "matomo": "_paq.push(['trackPageView']);",
    "meta-pixel": "fbq('init', '1');",
    "microsoft-advertising": "window.uetq = window.uetq || []; window.uetq.push('event', 'a', {});",
    "microsoft-clarity": "window.clarity('consent');",
    "mixpanel": "mixpanel.init('1');",
    "new-relic-browser": "window.NREUM || (NREUM = {});",
    "optimizely": "window.optimizely.push({ type: 'page' });",
    "outbrain": "obApi('track', 'PAGE_VIEW');",
    "pinterest-tag": "pintrk('load', '1');",
    "posthog": "posthog.init('1', {});",
    "quora-pixel": "qp('init', '1');",
    "recaptcha": "grecaptcha.execute('1');",
    "reddit-pixel": "rdt('init', 'a2_1');",
    "salesforce-pardot": "piAId = '1'; piCId = '2';",
    "segment": 'analytics.SNIPPET_VERSION = "5.2.0";',
    "sentry": "Sentry.init({ dsn: '' });",
    "snap-pixel": "snaptr('init', '1', {});",
    "soundcloud": "SC.Widget('player');",
    "taboola": "window._tfa.push({ notify: 'event', name: 'page_view', id: 1 });",
    "tawk-to": "var Tawk_API = Tawk_API || {}, Tawk_LoadStart = new Date();",
    "tiktok-pixel": "ttq.load('1'); ttq.page();",
    "vimeo": "new Vimeo.Player('film');",
    "vwo": "window._vwo_code = window._vwo_code || {};",
    "x": "twttr.widgets.load();",
    "x-pixel": "twq('config', '1');",
    "youtube": "new YT.Player('film', {});",
    "zendesk-chat": "zE('messenger', 'close');",
}


def test_the_address_of_every_service_is_tried() -> None:
    assert set(ADDRESSES) == set(catalogue_ids())
    assert set(LINES) <= set(catalogue_ids())


def alone(service: str, parse: Parse) -> Claims:
    """Return the claims of a policy that uses nothing but ``service``."""
    policy = parse(f'[categories.{catalogue_entry(service)["category"]}]\nuse = ["{service}"]\n')
    return Claims(service for category in policy.categories for service in category.services)


#
@pytest.mark.parametrize("service", ADDRESSES)
def test_the_address_that_a_provider_gives_belongs_to_its_service(service: str, parse: Parse) -> None:
    assert alone(service, parse).owners_of_url(ADDRESSES[service]) == (service,)


#
@pytest.mark.parametrize("service", LINES)
def test_the_line_of_script_that_a_provider_gives_belongs_to_its_service(service: str, parse: Parse) -> None:
    assert alone(service, parse).owners_of_text(LINES[service]) == (service,)


@pytest.mark.parametrize("service", catalogue_ids())
def test_nothing_of_the_site_itself_belongs_to_a_service(service: str, parse: Parse) -> None:
    claims = alone(service, parse)
    for address in ("/app.js", "https://www.example.org/gtag/js?id=G-1", "https://example.net/tag/1"):
        assert claims.owners_of_url(address) == ()
    assert claims.owners_of_text("const cart = JSON.parse(localStorage.getItem('cart') || '[]');") == ()


def test_gtag_for_advertising_needs_both_services_where_both_are_declared(parse: Parse) -> None:
    policy = parse(
        '[categories.analytics]\nuse = ["google-analytics"]\n[categories.marketing]\nuse = ["google-ads"]\n'
    )
    claims = Claims(service for category in policy.categories for service in category.services)
    assert set(claims.owners_of_url(ADDRESSES["google-ads"])) == {"google-ads", "google-analytics"}
    assert claims.owners_of_url(ADDRESSES["google-analytics"]) == ("google-analytics",)
