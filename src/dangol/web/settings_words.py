"""What pages of settings share: questions in words, their answers, and what has changed."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from enum import Enum
from itertools import pairwise
from typing import Any, NamedTuple, TypeVar

import msgspec
from django.utils.functional import Promise
from django.utils.translation import gettext as _, ngettext

from dangol.core.access.approvals import ApprovalState, ApprovalView
from dangol.core.storage.versioned import Version
from dangol.web.benefit_words import share_in_words
from dangol.web.changed_words import Sentence
from dangol.web.formats import format_money_in_words, format_number, format_points

C = TypeVar("C", bound=msgspec.Struct)
_YES = "1"


class Question(NamedTuple):
    """Something shops disagree about: its words, why it matters, and its answers where they can be listed.

    `kind` is how it is asked: choice, flag (of which `answers` are True and False), whole, money (1 or more),
    amount (0, too), points, minutes, days, months or percent. `empty` is what an empty answer means; without
    it one has to be given.
    """

    name: str
    label: Promise
    about: Promise
    kind: str = "choice"
    answers: Mapping[Any, Promise] = {}
    empty: Promise | str = ""


class Group(NamedTuple):
    """Questions that belong together."""

    key: str
    title: Promise
    icon: str
    questions: Sequence[Question]


class Fact(NamedTuple):
    """A question with its answer in words, as a page shows it."""

    label: str
    answer: str


class Line(NamedTuple):
    """A version (`core.storage.versioned.Version`), what it changed, and who did it, in words."""

    version: Version[Any]
    changes: list[Sentence]
    who: str


def typed_answer(value: Any) -> str:
    """Return an answer as a form's radio button carries it."""
    if isinstance(value, bool):
        return _YES if value else ""
    return str(value.value if isinstance(value, Enum) else value)


def tell_value(value: Any, question: Question, currency: str) -> str:
    """Return an answer to a question in words."""
    if question.answers:
        return str(question.answers.get(value, ""))
    if value is None:
        return str(question.empty)
    count = {"count": format_number(value)}
    match question.kind:
        case "money" | "amount":
            return format_money_in_words(value, currency)
        case "points":
            return format_points(value)
        case "percent":
            return share_in_words(value)
        case "minutes":
            return _("%(count)s분") % count
        case "months":
            return ngettext("%(count)s달", "%(count)s달", value) % count
        case "days":
            return ngettext("%(count)s일", "%(count)s일", value) % count
    return _("%(count)s개") % count


def changes_of(
    groups: Iterable[Group], before: Callable[[Question], str], after: Callable[[Question], str]
) -> list[Sentence]:
    """Return, sentence by sentence, what is answered differently, in the order of the page."""
    asked = ((group, one, before(one), after(one)) for group in groups for one in group.questions)
    return [
        Sentence(str(group.title), str(one.label), was, will_be, group.icon)
        for group, one, was, will_be in asked
        if was != will_be
    ]


def lines_of(
    versions: Sequence[Version[C]],
    defaults: C,
    changes: Callable[[C, C], list[Sentence]],
    asked: Iterable[ApprovalView] = (),
) -> list[Line]:
    """Return versions, the latest first, with what each changed; the first changed what it is as it comes.

    The last one given tells only what was before, unless it is the first there was. Of `asked`, the requests
    for changes, those that were approved say who asked and who decided.
    """
    both = two_people(asked)
    pairs = [
        *((one, before.content) for one, before in pairwise(versions)),
        *((one, defaults) for one in versions[-1:] if one.number == 1),
    ]
    return [
        Line(one, changes(before, one.content), both.get((one.changed_at, one.changed_by), one.changed_by))
        for one, before in pairs
    ]


def two_people(asked: Iterable[ApprovalView]) -> dict[tuple[datetime, str], str]:
    """Return who asked for what was approved and who approved it, in words.

    By the instant it was done and who did it then, as what was done keeps them: by key or by name.
    """
    words = _("%(asker)s 요청, %(decider)s 승인")
    return {
        (one.decided_at, name): words
        % {"asker": one.actor_name or one.actor, "decider": one.decided_name or one.decided_by}
        for one in asked
        if one.state == ApprovalState.APPROVED and one.decided_at
        for name in (one.decided_by, one.decided_name)
    }
