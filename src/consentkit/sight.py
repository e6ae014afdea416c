"""What one page shows of the choices: those of its visitor, or nobody's where it is for everybody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from markupsafe import Markup

from .consent.model import Consent
from .consent.once import embed_id
from .gate.csp_page import nonce_of, says_nothing_of
from .gate.csp_text import PolicyText
from .gate.inserts import Inserts
from .gate.validators import state_tag
from .policy.model import Category
from .ui.view import Place
from .visit import Visit


def closed(visit: Visit) -> frozenset[str]:
    """Return what the page may not load."""
    return visit.page_consent.closed - visit.setup.policy.ungated if visit.setup.gate_html else frozenset()


def allows(visit: Visit, name: str) -> bool:
    """Return whether the page may load what it says is of ``name``; an unknown name is no permission."""
    if not visit.setup.gate_html:
        return True
    if name in visit.setup.policy.names:
        return visit.page_consent.allows(name)
    visit.setup.warn_once(
        "data-consent",
        "A data-consent names nothing that consent.toml declares; it stays closed. First seen on %r.",
        visit.scope.get("path", ""),
    )
    return False


def tag_of(visit: Visit) -> bytes:
    """Return what stands for everything that a gated page differs by."""
    consent = visit.page_consent
    return state_tag(
        consent.closed,
        sorted((name, answer.choice) for name, answer in consent.answers.items()),
        consent.needs_prompt,
        consent.gpc,
        visit.language,
        visit.embeds.open,
        visit.setup.page_tag,
    )


def stated(visit: Visit) -> Consent | None:
    """Return the choices that a page tells its scripts, where it depends on them already; else they ask."""
    return visit.consent if visit.setup.gates_pages and not visit.setup.shared else None


def refused(visit: Visit) -> tuple[Category, ...]:
    """Return what the page may say that the signal refuses.

    A page for everybody says it hidden, of all that the signal can refuse, if a script is there to find out.
    """
    if visit.setup.shared:
        return visit.setup.pages.heeding
    if not visit.setup.heeds_gpc:
        return ()
    if visit.opted_out is None and not visit.signalled:
        # Whoever does not send it gets the same page, whatever they have chosen.
        visit.listened = True
        visit.plain = False
        return ()
    return visit.consent.refused_by_signal


def placeholder(visit: Visit, name: str, source: str, size: tuple[int, int] | None = None) -> str:
    """Return the notice that takes the place of an embed.

    Args:
        visit: the visitor.
        name: the service or category that it belongs to. With several, separated by spaces, there is
            a notice for each, and the embed cannot be loaded once: it takes all of them.
        source: what the embed loads.
        size: its width and height, if it gives both.
    """
    setup, place = visit.setup, visit.place()
    names = [one for one in name.split() if one in setup.policy.names]
    # On a page for everybody nobody can be given something of their own, and to the answer to a form
    # nobody can be sent back.
    once = not setup.shared and place.path != place.prefix and len(names) == 1
    view = visit.view(visit.page_consent)
    ids = [embed_id(one, source, place.path) if once else None for one in names]
    return "".join(str(setup.pages.placeholder(view, *pair, size)) for pair in zip(names, ids, strict=True))


def inserts(visit: Visit, policies: Sequence[PolicyText]) -> Inserts:
    """Return what is put into a page whose template has not placed it itself.

    Args:
        visit: the visitor.
        policies: those that the page is held to.
    """
    setup, place = visit.setup, visit.place()
    if not setup.inject_banner:
        return Inserts()
    if place.nonce is None:
        place = replace(
            place, nonce=nonce_of(policies, "style-src"), script_nonce=nonce_of(policies, "script-src")
        )
    pages, view = setup.pages, visit.view(visit.page_consent)
    # Who is asked has not been here, and the rules in the page spare them a request before they see it.
    # With a nonce they are in the page anyway, and a policy that we cannot see may want it for them.
    asked = not setup.shared and view.consent.needs_prompt and "head" not in visit.placed
    inline = asked and place.nonce is None and says_nothing_of(policies, "style-src")
    placed = "head" in visit.placed
    scripted = place.script_nonce is None and place.nonce is None and says_nothing_of(policies, "script-src")
    return Inserts(
        first="" if placed else str(pages.first(place, stated(visit), inline=scripted)),
        head="" if placed else str(pages.head(place, stated(visit), inline=inline)),
        banner="" if "banner" in visit.placed else str(pages.banner(view)),
        end=("" if "link" in visit.placed else str(_foot(visit, place)))
        + (str(pages.late_style(place)) if inline else ""),
    )


def _foot(visit: Visit, place: Place) -> Markup:
    """Return the line at the end of a page, without the link that its template has made itself."""
    return visit.setup.pages.foot(place, refused(visit), settings="url" not in visit.placed)
