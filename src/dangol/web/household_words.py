"""How the shop answers for households, in words: the questions, the answers, what it comes to."""

from collections.abc import Mapping, Sequence
from functools import partial

from django.utils.translation import gettext as _, gettext_lazy as lazy, ngettext

from dangol.domain.households import Leaving, Sharing, Spender
from dangol.rooms.rewards.households.settings import HouseholdContent
from dangol.web.changed_words import Sentence
from dangol.web.formats import format_number, format_points
from dangol.web.settings_words import Fact, Group, Question, changes_of, tell_value

BEING = Group(
    "being", lazy("가족"), "users",
    (
        Question(
            "is_open", lazy("가족이 포인트를 함께 쓰게 하나요?"),
            lazy("끄면 새로 들어오거나 함께 쓰지 못해요. 이미 쓴 것은 그대로예요."), "flag",
            {False: lazy("함께 쓰지 않아요"), True: lazy("함께 써요")},
        ),
        Question(
            "most_members", lazy("한 가족은 많아야"), lazy("대표를 넣어 세요. 2명부터 50명까지예요."),
            "people",
        ),
        Question(
            "rejoin_days", lazy("나온 다음 다시 들기까지(일)"),
            lazy("여러 가족을 옮겨 다니며 포인트를 쓰지 못하게 해요. 0이면 바로 들어요."), "days",
        ),
    ),
)  # fmt: skip
USING = Group(
    "using", lazy("함께 쓰기"), "coins",
    (
        Question(
            "sharing", lazy("누구의 포인트를 함께 쓰나요?"),
            lazy("포인트는 언제나 적립한 사람의 것이고, 함께 쓰기로 한 사람의 것만 다른 가족이 써요."),
            answers={
                Sharing.CHOSEN: lazy("들어올 때와 그 뒤에 회원이 정해요"),
                Sharing.ALL: lazy("이제부터 들어오는 사람은 모두 함께 써요"),
            },
        ),
        Question(
            "spender", lazy("누가 쓰나요?"), lazy("어느 쪽이든 자기 포인트는 언제나 스스로 써요."),
            answers={
                Spender.EVERYBODY: lazy("함께 쓰기로 한 모두가"),
                Spender.HEAD: lazy("대표만"),
            },
        ),
        Question(
            "most_a_month", lazy("다른 가족의 포인트는 한 달에 많아야"),
            lazy("한 사람이 달력의 한 달에 쓰는 다른 사람의 포인트예요."), "points",
            empty=lazy("있는 만큼"),
        ),
        Question(
            "leaving", lazy("나오는 사람의 포인트는?"),
            lazy(
                "스스로 나올 때, 들어온 뒤에 쌓아 함께 쓰던 포인트예요. 다른 포인트는 언제나 가져가고,"
                " 내보내진 사람은 모두 가져가요."
            ),
            answers={
                Leaving.KEEPS: lazy("가지고 나와요"),
                Leaving.LEAVES: lazy("대표에게 남겨요"),
            },
        ),
    ),
)  # fmt: skip
GROUPS: Sequence[Group] = (BEING, USING)
QUESTIONS: Mapping[str, Question] = {one.name: one for group in GROUPS for one in group.questions}


def _told(content: HouseholdContent, question: Question) -> str:
    value = getattr(content, question.name)
    if question.kind == "people":
        return ngettext("%(count)s명까지", "%(count)s명까지", value) % {"count": format_number(value)}
    return tell_value(value, question, "")


def facts_of(content: HouseholdContent, group: Group) -> list[Fact]:
    """Return a group's questions with their answers."""
    return [Fact(str(one.label), _told(content, one)) for one in group.questions]


def changes_between(before: HouseholdContent, after: HouseholdContent) -> list[Sentence]:
    """Return, sentence by sentence, what another content answers differently, in the order of the page."""
    return changes_of(GROUPS, *(partial(_told, content) for content in (before, after)))


def tell_figures(content: HouseholdContent) -> list[str]:
    """Return what the answers come to, worked out on a family of two."""
    if not content.is_open:
        return [_("지금은 아무도 포인트를 함께 쓰지 않아요.")]
    told = [
        _("엄마가 300P, 아이가 200P를 가지고 있으면 %(who)s 500P짜리까지 바꿔요. 먼저 사라질 것부터 써요.")
        % {"who": _("대표가") if content.spender is Spender.HEAD else _("둘 다")}
    ]
    if content.most_a_month is not None:
        most = format_points(content.most_a_month)
        told.append(_("한 사람이 한 달에 다른 사람의 포인트를 %(most)s까지 써요.") % {"most": most})
    told.append(_("반품하면 낸 사람마다 낸 비율대로, 원래 유효기간 그대로 돌아가요."))
    return told
