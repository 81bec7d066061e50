"""The words of what is chosen from in a condition's form."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _, pgettext_lazy

from dangol.domain.conditions import Kind

Words: TypeAlias = Sequence[tuple[str, Promise | str]]

KINDS: Mapping[str, Promise] = {
    "group": _("묶음"),
    "trait": _("속성"),
    "did": _("한 일"),
    "sequence": _("차례로 한 일"),
    "aggregate": _("합계와 평균"),
    "member": _("다른 세그먼트"),
    "test": _("이런 것만"),
    "step": _("단계"),
}
JOINS: Words = (
    ("all", _("모두 맞아야 해요")),
    ("any", _("하나라도 맞으면 돼요")),
    ("none", _("하나도 맞지 않아야 해요")),
)
TIMES: Words = (
    ("at_least", _("번 이상")),
    ("at_most", _("번 이하")),
    ("exactly", _("번, 꼭")),
    ("never", _("한 번도 안 함")),
)
WINDOWS: Words = (("ever", _("지금까지")), ("last", _("지난")), ("between", _("날짜 사이")))
MEASURES: Words = (
    ("sum", _("합계")),
    ("mean", _("평균")),
    ("count", _("횟수")),
    ("min", _("가장 작은 값")),
    ("max", _("가장 큰 값")),
    ("first", _("첫 값")),
    ("last", _("마지막 값")),
    ("distinct", _("서로 다른 값의 수")),
)
MEMBERS: Words = (("in", _("들어 있어요")), ("out", _("들어 있지 않아요")))
VALUE_KINDS: Words = (
    (Kind.TEXT.value, _("글")),
    (Kind.NUMBER.value, _("숫자")),
    (Kind.FLAG.value, _("예/아니요")),
    (Kind.DATE.value, _("날짜")),
    (Kind.LIST.value, _("목록")),
)
_UNITS: Mapping[str, Promise] = {
    "hours": pgettext_lazy("length of time", "시간"),
    "days": pgettext_lazy("length of time", "일"),
    "weeks": pgettext_lazy("length of time", "주"),
    "months": pgettext_lazy("length of time", "개월"),
    "years": pgettext_lazy("length of time", "년"),
}
_OPERATORS: Mapping[str, Promise] = {
    "equals": _("같아요"),
    "not_equals": _("달라요"),
    "in": _("이 가운데 하나예요"),
    "not_in": _("이 가운데 없어요"),
    "contains": _("이 글이 들어 있어요"),
    "starts_with": _("이 글로 시작해요"),
    "ends_with": _("이 글로 끝나요"),
    "less_than": _("보다 작아요"),
    "at_most": _("이하예요"),
    "more_than": _("보다 커요"),
    "at_least": _("이상이에요"),
    "between": _("사이예요"),
    "is_set": _("값이 있어요"),
    "is_missing": _("값이 없어요"),
    "before": _("이 날보다 앞이에요"),
    "after": _("이 날보다 뒤예요"),
    "on": _("이 날이에요"),
    "within_last": _("지난 이만큼 안이에요"),
    "within_next": _("앞으로 이만큼 안이에요"),
    "anniversary_within": _("기념일이 며칠 안이에요"),
    "has": _("이것이 들어 있어요"),
    "has_any": _("하나라도 들어 있어요"),
    "has_all": _("모두 들어 있어요"),
    "is_empty": _("비어 있어요"),
}
_RANKS: Mapping[str, Promise] = {"less_than": _("보다 낮아요"), "more_than": _("보다 높아요")}


def operator_words(op: str, *, ordered: bool) -> str:
    """Return what an operator is called: of what has an order, high and low."""
    if ordered and op in _RANKS:
        return str(_RANKS[op])
    return str(_OPERATORS[op])


def unit_words(*units: str) -> Words:
    """Return the units of time to choose from; without names, all."""
    return [(unit, str(words)) for unit, words in _UNITS.items() if not units or unit in units]
