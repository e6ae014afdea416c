"""One visitor's choices, as an immutable value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import Final, NamedTuple

from ..policy.model import Category, Policy


class Choice(StrEnum):
    """What a visitor answered; no answer yet is ``None``, never a third member."""

    GRANTED = "granted"
    DENIED = "denied"


class Reason(StrEnum):
    """What settled a question."""

    ESSENTIAL = "essential"
    GPC = "gpc"
    SERVICE_CHOICE = "service-choice"
    CATEGORY_CHOICE = "category-choice"
    OBJECTION = "objection"
    UNDECIDED = "undecided"


class Answer(NamedTuple):
    """One choice with the moment it was made.

    Every answer keeps its own moment, so that a later choice about something else neither
    lengthens an old grant nor shortens a new refusal.

    Attributes:
        choice: what was answered.
        at: when, in UTC seconds; ``None`` until it is saved.
        gpc: whether ``Sec-GPC: 1`` was on then and said no to the category. A grant made all the
            same is an informed exception from the signal.
    """

    choice: Choice
    at: int | None = None
    gpc: bool = False


# Until Python 3.12 a look at a member of an enumeration takes longer than all else that settles a question.
_GRANTED: Final = Choice.GRANTED


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a category or service is allowed or not.

    Attributes:
        name: the category or service that was asked about.
        allowed: the answer ``Consent.allows`` gives.
        reason: what settled it.
        decided_by: the category or service whose declaration or answer settled it.
    """

    name: str
    allowed: bool
    reason: Reason
    decided_by: str

    def __str__(self) -> str:
        """Render as one sentence for a log line."""
        verdict = "allowed" if self.allowed else "not allowed"
        return f"{self.name} is {verdict}: {self.reason} ({self.decided_by})"


_NO_ANSWERS: Final[Mapping[str, Answer]] = MappingProxyType({})


def _no_answers() -> Mapping[str, Answer]:
    return _NO_ANSWERS


@dataclass(frozen=True)
class Consent:
    """The choices of one visitor under one policy; every verb returns a new value.

    Saving is a separate, explicit step (``save_consent``): a ``Consent`` that was
    changed and not saved changes nothing for the visitor.

    Attributes:
        policy: the policy the names belong to.
        answers: what was answered, by category or service id. Absent means undecided.
        consent_id: random id that ties the choices to their records; ``None`` without records.
        gpc: whether this request carries ``Sec-GPC: 1``, or counts as one that does.
    """

    policy: Policy
    answers: Mapping[str, Answer] = field(default_factory=_no_answers)
    consent_id: str | None = None
    gpc: bool = False

    def allows(self, name: str) -> bool:
        """Return whether the category or service ``name`` may act for this visitor now.

        Raises:
            UnknownNameError: the policy declares no such name.
        """
        category = self.policy.category_of(name)
        if category.essential and not category.objectable:
            return True
        # Asked with every request and for every cookie: ``explain`` says the same at more length.
        answer = self.answers.get(name) or self.answers.get(category.id)
        if self.gpc and self._signal_denies(category, answer):
            return False
        return category.essential if answer is None else answer.choice is _GRANTED

    def explain(self, name: str) -> Explanation:
        """Return the answer of ``allows`` together with what settled it.

        Raises:
            UnknownNameError: the policy declares no such name.
        """
        return Explanation(name, *self._settle(name))

    def choice(self, name: str) -> Choice | None:
        """Return what the visitor answered for exactly ``name``; ``None`` means no answer yet.

        Unlike ``allows``, this looks at no other name and at no signal. What is essential is never
        asked about and counts as granted; where a visitor can object to it there is no answer until
        they do.

        Raises:
            UnknownNameError: the policy declares no such name.
        """
        category = self.policy.category_of(name)
        if category.essential and not category.objectable:
            return Choice.GRANTED
        answer = self.answers.get(name)
        return answer.choice if answer else None

    @cached_property
    def closed(self) -> frozenset[str]:
        """The categories and services that may not act for this visitor now."""
        return frozenset([name for name in self.policy.refusable_names if not self.allows(name)])

    @property
    def decided_at(self) -> int | None:
        """When the latest saved answer was given, in UTC seconds; ``None`` before the first."""
        return max((answer.at for answer in self.answers.values() if answer.at is not None), default=None)

    @property
    def undecided(self) -> tuple[Category, ...]:
        """The optional categories without an answer, leaving out those the signal has answered."""
        return tuple(
            category
            for category in self.policy.optional
            if category.id not in self.answers and not (self.gpc and category.gpc)
        )

    @property
    def needs_prompt(self) -> bool:
        """Whether the visitor is to be asked: some optional category has no answer."""
        return bool(self.undecided)

    @property
    def refused_by_signal(self) -> tuple[Category, ...]:
        """The categories that ``Sec-GPC: 1`` denies on this request."""
        return tuple(
            category
            for category in self.policy.optional
            if self._signal_denies(category, self.answers.get(category.id))
        )

    @property
    def granted_despite_signal(self) -> tuple[Category, ...]:
        """The categories that ``Sec-GPC: 1`` does not deny, because they were granted while it was on."""
        refused = self.refused_by_signal
        return tuple(
            category
            for category in self.policy.optional
            if self.gpc and category.gpc and category not in refused and self.allows(category.id)
        )

    def grant(self, *names: str) -> Consent:
        """Return a consent in which ``names`` are granted and nothing else is changed.

        An answer for a category replaces what was answered for its services before: the
        newer and wider answer holds. Essential names are granted already; for one that was objected to,
        this takes the objection back.

        Raises:
            UnknownNameError: the policy declares no such name.
        """
        return self._decide(names, Choice.GRANTED)

    def deny(self, *names: str) -> Consent:
        """Return a consent in which ``names`` are denied and nothing else is changed.

        For what is used under an exemption that gives a right to object, this is the objection.

        Raises:
            UnknownNameError: the policy declares no such name.
            ValueError: a name is essential and cannot be objected to.
        """
        return self._decide(names, Choice.DENIED)

    def withdraw(self, *names: str) -> Consent:
        """Return a consent in which ``names``, or everything that can be refused, is denied.

        Withdrawal is a denial that is written down, not a forgotten choice: the visitor
        is not asked again, and the consent id stays.

        Raises:
            UnknownNameError: the policy declares no such name.
            ValueError: a name is essential and cannot be objected to.
        """
        return self.deny(*names) if names else self.deny_all()

    def grant_all(self) -> Consent:
        """Return a consent in which every optional category is granted, save those GPC denies.

        One "yes to all" does not silently outrank the signal (R-46); to grant such a category
        while the signal is on, name it: ``grant("marketing")``. Neither does it take an objection back.
        """
        refused = self.refused_by_signal
        return self.grant(*(category.id for category in self.policy.optional if category not in refused))

    def deny_all(self) -> Consent:
        """Return a consent in which every category is denied that can be refused."""
        return self.deny(*(category.id for category in self.policy.refusable))

    def _signal_denies(self, category: Category, answer: Answer | None) -> bool:
        """Return whether GPC, and not the visitor's own answer, denies ``category`` (R-46)."""
        return self.gpc and category.gpc and not (answer and answer.choice is _GRANTED and answer.gpc)

    def _settle(self, name: str) -> tuple[bool, Reason, str]:
        category = self.policy.category_of(name)
        if category.essential and not category.objectable:
            return True, Reason.ESSENTIAL, category.id
        decided_by = name if name in self.answers else category.id
        answer = self.answers.get(decided_by)
        if self.gpc and self._signal_denies(category, answer):
            return False, Reason.GPC, category.id
        if answer is None:
            reason = Reason.ESSENTIAL if category.essential else Reason.UNDECIDED
            return category.essential, reason, category.id
        if category.essential and answer.choice is not _GRANTED:
            return False, Reason.OBJECTION, decided_by
        reason = Reason.CATEGORY_CHOICE if decided_by == category.id else Reason.SERVICE_CHOICE
        return answer.choice is _GRANTED, reason, decided_by

    def _decide(self, names: Iterable[str], choice: Choice) -> Consent:
        answers = dict(self.answers)
        for name in names:
            category = self.policy.category_of(name)
            if category.essential and not category.objectable:
                if choice is Choice.DENIED:
                    raise ValueError(f"{name!r} is essential: it needs no consent and cannot be denied")
                continue
            if name == category.id:
                for service in category.services:
                    answers.pop(service.id, None)
            if category.essential and choice is Choice.GRANTED:
                # No consent: what is written down is at most an exception from an objection to the category.
                answers.pop(name, None)
                if category.id not in answers:
                    continue
            answers[name] = Answer(choice, gpc=self.gpc and category.gpc)
        return replace(self, answers=MappingProxyType(answers))
