"""``Consent`` ⇄ the signed cookie.

The value, before signing, is a version, a consent id and one group for each moment at which
answers were given::

    1 . <consent id or nothing> . 6925f0a0 0 <granted digests> ~ <denied digests> . <next group>
                                  │        └ GPC was on (1) or off (0) at that moment
                                  └ the moment, eight hexadecimal digits of UTC seconds

(without the spaces). Each digest stands for a category or service *as it was declared then*,
see ``policy.digest``. A name whose declaration has changed is not found under its old digest,
and so it is undecided again without any list of versions. An objection to what is essential stands
for the name alone.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from time import time
from types import MappingProxyType
from typing import Final

from ..policy.digest import LENGTH, material_digests, names_in, objection_digests
from ..policy.model import CONSENT_COOKIE_NAMES, Policy
from .candidates import UnusableCookieError, candidates
from .keys import check_keys
from .memory import Memory
from .model import Answer, Choice, Consent
from .own_cookie import own_cookie
from .signer import CookieSigner

logger = logging.getLogger("consentkit")

SALT: Final = b"consentkit.cookie.v1"
#: Seconds by which the clocks of one site's machines may disagree.
LEEWAY: Final = 300
#: How many verified values are remembered. An entry takes about 2 kB.
REMEMBERED: Final = 4_096

#: The name of the cookie, by whether the request came over https, where only the ``__Host-`` name counts.
NAMES: Final = {True: CONSENT_COOKIE_NAMES[0].encode(), False: CONSENT_COOKIE_NAMES[1].encode()}
_DIGESTS: Final = f"(?:[A-Za-z0-9_-]{{{LENGTH}}})*"
_AT: Final = "[0-9a-f]{8}"
_ANSWERS: Final = f"[01]{_DIGESTS}~{_DIGESTS}"
# Most visitors have answered once: the first group stands apart, so that nothing has to be cut up.
_VALUE: Final = re.compile(
    rf"1\.([A-Za-z0-9_-]{{22}})?\.({_AT})({_ANSWERS})((?:\.{_AT}{_ANSWERS})*)\.[A-Za-z0-9_-]{{43}}".encode()
)
#: Characters of a signature and of the dot before it.
_SIGNED: Final = 44

# Until Python 3.12 a look at a member of an enumeration is slow, and this is done for every stranger.
_GRANTED, _DENIED = Choice.GRANTED, Choice.DENIED
# What a NamedTuple makes of its arguments first takes longer than the tuple.
_new: Final = tuple.__new__


class _Opened:
    """A genuine value: what it says, and the span of moments in which all of it holds.

    Attributes:
        consent: what it says, without the signal.
        since: the moment, less some leeway, of its newest answer.
        until: the moment at which its oldest answer is over.
        over: the moment at which its newest answer is over.
    """

    __slots__ = ("_signalled", "consent", "over", "since", "until")

    def __init__(self, consent: Consent, oldest: int, newest: int, lifetime: int) -> None:
        self.consent = consent
        self.since = newest - LEEWAY
        self.until = oldest + lifetime
        self.over = newest + lifetime
        self._signalled: Consent | None = None

    def under_signal(self) -> Consent:
        """Return what it says to a request with ``Sec-GPC: 1``."""
        if self._signalled is None:
            self._signalled = replace(self.consent, gpc=True)
        return self._signalled


class ConsentCookie:
    """Reads and writes the consent cookie of one policy; holds no state about any visitor."""

    def __init__(
        self,
        policy: Policy,
        secret_key: str | bytes | Sequence[str | bytes],
        *,
        clock: Callable[[], float] = time,
    ) -> None:
        """Compile the codec.

        Args:
            policy: names that it does not declare, or declares differently now, are undecided.
            secret_key: one key, or several for rotation: oldest first, the last one signs.
            clock: returns the time in UTC seconds.

        Raises:
            SecretKeyError: a key is missing, under 32 bytes, or well known.
        """
        self._policy = policy
        self._clock = clock
        self._lifetime = policy.expires_after.seconds
        material, objections = material_digests(policy), objection_digests(policy)
        self._digests = {**material, **objections}
        self._names = {digest: name for name, digest in self._digests.items()}
        # What was refused while it needed consent stays refused when it is used under an exemption.
        self._refusals = {**{material[name]: name for name in objections}, **self._names}
        self._signer = CookieSigner(check_keys(secret_key), SALT)
        self._undecided = {gpc: Consent(policy, gpc=gpc) for gpc in (False, True)}
        self._said: set[str] = set()
        # It keeps nothing of what raises, so a flood of forged values evicts nobody.
        self._open = Memory(self._verify, REMEMBERED)
        # Visitors differ in little but id and time: most have granted all, or denied all.
        self._said_at_once = lru_cache(REMEMBERED)(self._find_names)

    def read(self, headers: Iterable[tuple[bytes, bytes]], *, secure: bool, gpc: bool = False) -> Consent:
        """Return the consent that request ``headers`` carry. Never raises for what a client sent.

        Absent, malformed, unsigned, expired, future or contradictory cookies mean undecided.

        Args:
            headers: raw ASGI header pairs.
            secure: whether the request came over https, where only the ``__Host-`` name counts.
            gpc: whether the request carries ``Sec-GPC: 1``.
        """
        try:
            values = candidates(headers, NAMES[secure])
            if len(values) == 1:
                return self.read_one(values[0], gpc=gpc)
            return self._for_request(self._agreed(values), gpc=gpc)
        except UnusableCookieError as reason:
            self._say_once(str(reason))
            return self._undecided[gpc]

    def read_one(self, value: bytes | None, *, gpc: bool = False) -> Consent:
        """``read``, for the only value that a request carries, or for none."""
        if value is None:
            return self._undecided[gpc]
        try:
            opened = self._open.recent.get(value) or self._open(value)
            # Looked at with every request: what is remembered may have come to its end.
            if opened.since <= self._clock() < opened.until:
                return opened.under_signal() if gpc else opened.consent
            return self._for_request(self._in_force(opened), gpc=gpc)
        except UnusableCookieError as reason:
            self._say_once(str(reason))
            return self._undecided[gpc]

    def _for_request(self, consent: Consent | None, *, gpc: bool) -> Consent:
        if consent is None:
            return self._undecided[gpc]
        return replace(consent, gpc=True) if gpc else consent

    def from_value(self, value: str) -> Consent:
        """Return the consent held by a bare cookie value, for code outside a request.

        Like ``read``, it answers "undecided" for whatever is not genuine and current.
        """
        return self._agreed([value.encode("utf-8", "replace")]) or self._undecided[False]

    def seal(self, consent: Consent) -> Consent:
        """Return ``consent`` with the present moment on every answer that has none yet."""
        now = int(self._clock())
        return replace(
            consent,
            answers=MappingProxyType(
                {
                    name: answer._replace(at=now) if answer.at is None else answer
                    for name, answer in consent.answers.items()
                }
            ),
        )

    def value(self, consent: Consent) -> str:
        """Return the signed value for a sealed ``consent``; alphabet ``[A-Za-z0-9._~-]``.

        It is empty without an answer: then there is nothing to keep.

        Raises:
            ValueError: an answer has no moment yet; see ``seal``.
        """
        if not consent.answers:
            return ""
        groups: dict[tuple[int, bool], dict[Choice, str]] = {}
        for name, answer in consent.answers.items():
            if answer.at is None:
                raise ValueError(f"the answer for {name!r} has no moment; seal the consent first")
            group = groups.setdefault((answer.at, answer.gpc), dict.fromkeys(Choice, ""))
            group[answer.choice] += self._digests[name]
        body = "".join(
            f".{at:08x}{gpc:d}{group[Choice.GRANTED]}~{group[Choice.DENIED]}"
            for (at, gpc), group in sorted(groups.items())
        )
        return self._signer.sign(f"1.{consent.consent_id or ''}{body}").decode()

    def set_cookie(self, consent: Consent, *, secure: bool) -> bytes:
        """Return the ``Set-Cookie`` value that keeps a sealed ``consent``.

        The browser keeps the cookie as long as its newest answer holds, and deletes it where none is
        left; what really counts is the signed moment of each answer.
        """
        return own_cookie(CONSENT_COOKIE_NAMES, self.value(consent), self.left(consent), secure=secure)

    def left(self, consent: Consent) -> int:
        """Return the seconds that the newest answer still holds."""
        return max(0, (consent.decided_at or 0) + self._lifetime - int(self._clock()))

    def _agreed(self, values: Iterable[bytes]) -> Consent | None:
        """Return what the genuine values say together; a bad one hides no good one.

        Raises:
            UnusableCookieError: two genuine values contradict each other, so one was planted.
        """
        found: Consent | None = None
        for value in dict.fromkeys(values):
            try:
                consent = self._in_force(self._open(value))
            except UnusableCookieError as reason:
                self._say_once(str(reason))
                continue
            if found and consent and found.answers != consent.answers:
                raise UnusableCookieError("several genuine ones disagree")
            found = found or consent
        return found

    def _in_force(self, opened: _Opened) -> Consent | None:
        """Return what ``opened`` says now without the answers whose time is over; ``None`` if all are.

        Raises:
            UnusableCookieError: an answer was given in the future.
        """
        now = int(self._clock())
        if now < opened.since:
            raise UnusableCookieError("it comes from the future")
        if now < opened.until:
            return opened.consent
        if now >= opened.over:
            return None
        answers = {
            name: answer
            for name, answer in opened.consent.answers.items()
            if answer.at is not None and answer.at + self._lifetime > now
        }
        return replace(opened.consent, answers=MappingProxyType(answers))

    def _verify(self, value: bytes) -> _Opened:
        """Check signature and form of ``value`` and read it.

        Raises:
            UnusableCookieError: it was not signed by one of our keys, or not for this purpose.
        """
        match = _VALUE.fullmatch(value)
        if match is None:
            raise UnusableCookieError("its format is not ours")
        if not self._signer.is_genuine(value[:-_SIGNED], value[1 - _SIGNED :]):
            raise UnusableCookieError("its signature is not ours")
        consent_id, at, said, others = match.groups()
        answers: dict[str, Answer] = {}
        oldest = newest = self._add(answers, at, said)
        if others:
            for group in others[1:].split(b"."):
                moment = self._add(answers, group[:8], group[8:])
                oldest, newest = min(oldest, moment), max(newest, moment)
        name = None if consent_id is None else consent_id.decode()
        return _Opened(Consent(self._policy, MappingProxyType(answers), name), oldest, newest, self._lifetime)

    def _add(self, answers: dict[str, Answer], at: bytes, said: bytes) -> int:
        """Add what was ``said`` at one moment to ``answers``; return the moment."""
        moment = int(at, 16)
        gpc, granted, denied = self._said_at_once(said)
        if granted:
            answer = _new(Answer, (_GRANTED, moment, gpc))
            for name in granted:
                answers[name] = answer
        # Denials come last: were a name in both lists, the denial would stand.
        if denied:
            answer = _new(Answer, (_DENIED, moment, gpc))
            for name in denied:
                answers[name] = answer
        return moment

    def _find_names(self, said: bytes) -> tuple[bool, tuple[str, ...], tuple[str, ...]]:
        """Return whether GPC was on, and what was granted and denied, as far as it is declared so today."""
        granted, _, denied = said[1:].decode().partition("~")
        return said[:1] == b"1", names_in(granted, self._names), names_in(denied, self._refusals)

    def _say_once(self, reason: str) -> None:
        if reason not in self._said:
            self._said.add(reason)
            logger.warning("A consent cookie was ignored and its visitor counts as undecided: %s.", reason)
