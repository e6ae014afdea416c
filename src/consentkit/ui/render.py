"""``Pages``: templates and policy in, markup out.

A site changes the look with a theme and the words with texts, both in ``consent.toml``, or sets custom
properties (``--consentkit-…``) in its own stylesheet. When that is not enough it names a directory of
its own templates. A file there wins over the shipped file of the same name, file by file:

``document.html``
    the skeleton of whole pages, with the blocks ``title``, ``head`` and ``content``.
``cookies-page.html``, ``error-page.html``
    whole pages. The second extends ``document.html``, the first ``layout``, which is the same or, for a
    dialog, a layout of nothing but the content.
``banner.html``, ``confirmation.html``, ``placeholder.html``
    fragments that are put into the site's pages.

Every shipped file can also be reached under ``consentkit/``, whether or not the site has one of the
same name, so that one block can be replaced and the rest kept::

    {# document.html #}
    {% extends "consentkit/document.html" %}
    {% block head %}{{ super() }}<link rel="stylesheet" href="/site.css">{% endblock %}

Templates escape every value, and a name that is not in the context is an error, not an empty text.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from hashlib import sha256
from typing import Final

from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PackageLoader,
    PrefixLoader,
    StrictUndefined,
)
from markupsafe import Markup

from ..consent.model import Consent
from ..policy.digest import notice
from ..policy.model import Category, Policy
from . import answers
from .facts import facts
from .head import Head
from .hrefs import cookies_page_url, href
from .links import links, status
from .listing import CategoryEntry, list_categories, other_providers
from .view import Place, View
from .wording import Wording

TEMPLATES: Final = (
    "banner.html",
    "confirmation.html",
    "placeholder.html",
    "cookies-page.html",
    "error-page.html",
)


def _environment(templates: str | os.PathLike[str] | None) -> Environment:
    shipped = PackageLoader(__package__)
    loaders: list[BaseLoader] = [shipped, PrefixLoader({"consentkit": shipped})]
    if templates is not None:
        loaders.insert(0, FileSystemLoader(templates))
    return Environment(
        loader=ChoiceLoader(loaders),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


def _digest(environment: Environment) -> str:
    assert environment.loader is not None  # noqa: S101 # _environment has given it one
    names = [name for one in (*TEMPLATES, "parts.html") for name in (one, f"consentkit/{one}")]
    sources = [environment.loader.get_source(environment, name)[0] for name in names]
    return sha256("\0".join(sources).encode()).hexdigest()


class Pages:
    """Everything a visitor sees, for one policy. The constructor compiles; the methods only read.

    Args:
        policy: what the site declares.
        head: what goes into the head of a page.
        templates: the site's own template directory; see the module's description.

    Attributes:
        assets: static files by their ``path``, to be served under ``{prefix}/assets/``.
        scripted: whether a script is put into pages.
        mirrors: whether pages look at the mirror cookie.
        heeding: what the signal can refuse, where a script finds out whether a page was asked for with it.
        notice: the digest of what visitors are asked about.
        sources: the digest of all templates, the shipped ones and those of the site.

    Raises:
        jinja2.TemplateError: a template of the site cannot be compiled.
    """

    def __init__(
        self,
        policy: Policy,
        *,
        head: Head | None = None,
        templates: str | os.PathLike[str] | None = None,
    ) -> None:
        environment = _environment(templates)
        self._templates = {name: environment.get_template(name) for name in TEMPLATES}
        self.sources = _digest(environment)
        self._policy = policy
        self._words = {tag: Wording(tag, policy.texts[tag]) for tag in policy.site.languages}
        self._listings: dict[tuple[str, bool], tuple[CategoryEntry, ...]] = {}
        self.notice = notice(policy)
        self._head = head = head if head is not None else Head(policy.theme)
        self.scripted, self.mirrors, self.assets = head.scripted, head.mirrors, head.assets
        self.heeding = policy.heeding_gpc if head.mirrors else ()
        self._constant = {
            "site": policy.site,
            "categories": policy.optional,
            "providers": other_providers(policy),
            "contacted": tuple(policy.services[name] for name in sorted(policy.ungated)),
            "heeding": self.heeding,
            "notice": self.notice,
        }

    def first(self, place: Place, consent: Consent | None = None, *, inline: bool = False) -> Markup:
        """Return what stands before the first script of a page, and before its stylesheets.

        Args:
            place: the page.
            consent: the visitor's choices, where the page is for this visitor alone.
            inline: whether code may stand in the page without a nonce.
        """
        return self._head.first(place, self.notice, consent, inline=inline)

    def head(self, place: Place, consent: Consent | None = None, *, inline: bool = False) -> Markup:
        """Return the stylesheet and the client script for the page's ``<head>``.

        Args:
            place: the page.
            consent: the visitor's choices, where the page is for this visitor alone.
            inline: whether the rules stand in the page, without a nonce.
        """
        style = self._head.rules() if inline else self._head.style(place)
        return style + self._head.script(place, self._wording(place), consent)

    def late_style(self, place: Place) -> Markup:
        """Return the stylesheet once more for the end of a page whose head holds its rules.

        Browsers draw what stands above it without waiting. It is there for a policy that we cannot see, in
        a ``<meta>`` or added by a server in front, and for the pages that come.
        """
        return self._head.link(place)

    def banner(self, view: View) -> Markup:
        """Return what stands at the top of a page: the question, or that it was answered, or nothing."""
        if view.consent.needs_prompt:
            return self._fragment("banner.html", view)
        return self.confirmation(view, here=view.path, back=None) if view.saved else Markup()

    def url(self, place: Place) -> str:
        """Return the address of the cookies page, with the way back to where the visitor is."""
        return cookies_page_url(place.prefix, place.path)

    def link(self, place: Place, refused: Sequence[Category] = (), *, settings: bool = True) -> Markup:
        """Return the link to the cookies page that belongs on every page (R-26), and what goes with it.

        Args:
            place: the page.
            refused: what the signal refuses its visitor.
            settings: whether the link itself is wanted; ``False`` where a template has made its own.
        """
        words, sells = self._wording(place), bool(self._policy.sells_or_shares)
        found = links(place, words, settings=settings, sells=sells)
        return Markup(" ").join(found + status(words, refused, shared=self.mirrors))

    def foot(self, place: Place, refused: Sequence[Category] = (), *, settings: bool = True) -> Markup:
        """Return the same as a line of its own, for a page that has no place for it."""
        line = self.link(place, refused, settings=settings)
        # A region, because it stands outside of whatever the page has (WCAG technique ARIA11).
        title = self._wording(place).text("cookie_settings")
        foot = Markup('<section class="choices-foot" aria-label="{}">{}</section>')
        return foot.format(title, line) if line else line

    def placeholder(
        self, view: View, name: str, embed: str | None = None, size: tuple[int, int] | None = None
    ) -> Markup:
        """Return the notice that stands where an embed was gated.

        Args:
            view: the visitor and the page.
            name: the category or service the embed is gated by. For a category all its services
                are named, since which of them the embed belongs to is not known.
            embed: id of the embed, with which it can be loaded once; see ``consent.once``.
            size: width and height of the embed, if it gives both: the notice takes as much room.

        Raises:
            UnknownNameError: the policy declares no such name.
        """
        category = self._policy.category_of(name)
        services = [service for service in category.services if name in (category.id, service.id)]
        names = [service.name for service in services] or [self._policy.site.name]
        providers = [service.provider for service in services] or [self._policy.site.controller.name]
        words = self._wording(view)
        group = words.say(category.name)
        return self._fragment(
            "placeholder.html",
            view,
            service=words.texts.separator.join(names),
            provider=words.texts.separator.join(dict.fromkeys(providers)),
            category=group,
            granted=group if name == category.id else names[0],  # a button says what it grants
            name=name,
            embed=embed,
            size=size,
        )

    def cookies_page(self, view: View, *, back: str | None, part: bool = False) -> str:
        """Return the whole cookies page: what is stored, and the form with the saved answers.

        Args:
            view: the visitor; ``view.path`` is not used.
            back: the path the visitor came from; anything that is not a path of the site counts as none.
            part: only what a dialog shows, without a document around it.
        """
        back = href(back) if back is not None and back.startswith("/") else None
        here = cookies_page_url(view.prefix, back)
        saved = view.saved and not view.consent.needs_prompt
        return self._render(
            "cookies-page.html",
            view,
            part=part,
            layout="consentkit/part.html" if part else "document.html",
            back=back,
            here=here,
            confirmation=self.confirmation(view, here=here, back=back) if saved else Markup(),
            entries=self._listing(view),
            **facts(view.consent, self._wording(view)),
        )

    def error_page(self, view: View, code: str) -> str:
        """Return the whole page that says why a decision was refused and that nothing was changed.

        Args:
            view: the visitor.
            code: the code of the ``DecisionError``; ``KeyError`` for one without a text.
        """
        return self._render("error-page.html", view, code=code)

    def _wording(self, place: Place) -> Wording:
        words = self._words.get(place.language)
        return words if words is not None else self._words[self._policy.site.languages[0]]

    def _listing(self, view: View) -> tuple[CategoryEntry, ...]:
        words = self._wording(view)
        key = (words.language, view.secure)
        if key not in self._listings:
            self._listings[key] = list_categories(
                self._policy, words, secure=view.secure, mirrors=self.mirrors
            )
        return self._listings[key]

    def confirmation(self, view: View, *, here: str, back: str | None = None) -> Markup:
        """Return what says that a choice was saved.

        Args:
            view: the visitor, who has just chosen.
            here: the address of the page without it.
            back: the page that led to this one, if the visitor should be led back.
        """
        outcome = answers.outcome(view.consent)
        return self._fragment("confirmation.html", view, here=here, back=back, outcome=outcome)

    def _fragment(self, template: str, view: View, **context: object) -> Markup:
        # The template has escaped every value in it.
        return Markup(self._render(template, view, **context))  # noqa: S704 - autoescaped

    def _render(self, template: str, view: View, **context: object) -> str:
        words = self._wording(view)
        refused = words.join(category.name for category in view.consent.refused_by_signal)
        return self._templates[template].render(
            self._constant,
            words=words,
            head=self._head.style(view),  # nothing of the client script is for our own pages
            prefix=view.prefix,
            path=view.path,
            url=self.url(view),
            refused_by_signal=refused,
            **context,
        )
