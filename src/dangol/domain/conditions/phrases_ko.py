"""Conditions in Korean."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from dangol.domain.conditions.decisions import Reason
from dangol.domain.conditions.nodes import Aggregate, Between, Did, Last, Sequence, Span, Step, Window
from dangol.domain.conditions.phrases import is_day, local, number_text
from dangol.domain.korean import with_particle

_UNITS = {"hours": "시간", "days": "일", "weeks": "주", "months": "개월", "years": "년"}
_NOON = 12


def _span(span: Span | Last) -> str:
    return f"{span.n:,}{_UNITS[span.unit]}"


def _clock(at: datetime) -> str:
    half = "오전" if at.hour < _NOON else "오후"
    return f"{half} {at.hour % _NOON or _NOON}:{at:%M}"


def _day(day: Any) -> str:
    return f"{day.year}년 {day.month}월 {day.day}일"


class Korean:
    """The sentences in 해요체."""

    all_of = "모두 맞아야 해요"
    any_of = "하나라도 맞으면 돼요"
    not_this = "여기에 맞지 않아야 해요"
    only_those = "이런 것만 세요"

    def compared(self, name: str, op: str, value: Any) -> str:
        """Return the sentence about a trait, a property or a figure."""
        subject = with_particle(name, "이")
        match op:
            case "equals" | "on":
                return f"{subject} {with_particle(value, '이에요')}"
            case "not_equals":
                return f"{subject} {with_particle(value, '이')} 아니에요"
            case "contains" | "has":
                return f"{name}에 {with_particle(value, '이')} 들어 있어요"
            case "starts_with":
                return f"{subject} {with_particle(value, '으로')} 시작해요"
            case "ends_with":
                return f"{subject} {with_particle(value, '으로')} 끝나요"
            case "between":
                return f"{subject} {value[0]}부터 {value[1]}까지예요"
            case "in" | "not_in" | "has_any" | "has_all":
                return _of_several(name, op, ", ".join(value))
            case "anniversary_within":
                return f"{name}의 기념일이 오늘부터 {_span(value)} 안에 있어요"
        return f"{subject} {_ENDINGS[op].format(_span(value) if isinstance(value, Span) else value)}"

    def ordered(self, name: str, op: str, value: Any) -> str:
        """Return the sentence about a text that has an order."""
        if op in _RANKS:
            return f"{with_particle(name, '이')} {_RANKS[op].format(value)}"
        return self.compared(name, op, value)

    def did(self, leaf: Did, event: str, window: str) -> str:
        """Return the sentence about how often an event happened."""
        subject = with_particle(event, "이")
        match leaf.times.op, leaf.times.n:
            case "at_least", 1:
                return f"{window} {subject} 있었어요"
            case "at_least", n:
                return f"{window} {subject} {n:,}번 이상 있었어요"
            case _, 0:
                return f"{window} {subject} 없었어요"
            case "at_most", n:
                return f"{window} {subject} {n:,}번 이하로 있었어요"
            case _, n:
                return f"{window} {subject} 꼭 {n:,}번 있었어요"

    def figure(self, leaf: Aggregate, event: str, name: str | None, window: str) -> str:
        """Return the name of a figure over events in a window."""
        of = f"{event}의 {name}" if name else event
        return f"{window} {of} {_MEASURES[leaf.measure]}"

    def sequence(self, leaf: Sequence, window: str) -> str:
        """Return the heading over the steps."""
        return f"{window} 차례로 있었어요"

    def step(self, step: Step, event: str) -> str:
        """Return the sentence of one step."""
        return event if step.within is None else f"앞의 일에서 {_span(step.within)} 안에 {event}"

    def member(self, segment: str) -> str:
        """Return the sentence about another segment."""
        return f"{segment} 세그먼트에 들어 있어요"

    def window(self, window: Window | None, written: Callable[[Any], str]) -> str:
        """Return when."""
        match window:
            case Last():
                return f"지난 {_span(window)} 동안"
            case Between(start=None, end=end):
                return f"{written(end)}까지"
            case Between(start=start, end=None):
                return f"{written(start)}부터"
            case Between(start=start, end=end):
                return f"{written(start)}부터 {written(end)}까지"
        return "지금까지"

    def value(self, value: Any, zone: ZoneInfo) -> str:
        """Return a value as it is written."""
        match value:
            case bool():
                return "‘예’" if value else "‘아니요’"
            case int() | Decimal():
                return number_text(value)
            case datetime():
                at = local(value, zone)
                return f"{_day(at)} {_clock(at)}"
            case tuple():
                return ", ".join(self.value(one, zone) for one in value)
        return _day(value) if is_day(value) else f"‘{value}’"

    def outcome(self, *, holds: bool) -> str:
        """Return the heading over the reasons."""
        return "조건에 맞아요" if holds else "조건에 맞지 않아요"

    def leaf_outcome(self, sentence: str, *, holds: bool) -> str:
        """Return a leaf's sentence with whether it holds."""
        return f"{'맞아요' if holds else '아니에요'}: {sentence}"

    def seen(self, reason: Reason, written: Callable[[Any], str]) -> str:
        """Return what was seen of a trait or of a figure."""
        text = (
            "값이 없어요"
            if reason.value is None
            else f"지금은 {with_particle(written(reason.value), '이에요')}"
        )
        return (
            text
            if reason.other is None
            else f"{text}, 견준 값은 {with_particle(written(reason.other), '이에요')}"
        )

    def counted(self, count: int) -> str:
        """Return how many events were seen."""
        return f"{count:,}번 있었어요" if count else "한 번도 없었어요"

    def reached(self, count: int) -> str:
        """Return how many steps were reached."""
        return f"{count}번째 단계까지 왔어요" if count else "첫 단계도 없었어요"

    def event_seen(self, event: str, at: str, event_id: str) -> str:
        """Return the line of an event that decided."""
        return f"{event}, {at} ({event_id})"


_ENDINGS = {
    "is_set": "있어요", "is_missing": "없어요", "is_empty": "비어 있어요", "less_than": "{}보다 작아요",
    "at_most": "{} 이하예요", "more_than": "{}보다 커요", "at_least": "{} 이상이에요",
    "before": "{} 전이에요", "after": "{} 뒤예요", "within_last": "지난 {} 안에 있어요",
    "within_next": "앞으로 {} 안에 있어요",
}  # fmt: skip
_RANKS = {
    "less_than": "{}보다 낮아요", "at_most": "{} 이하예요", "more_than": "{}보다 높아요",
    "at_least": "{} 이상이에요",
}  # fmt: skip


def _of_several(name: str, op: str, values: str) -> str:
    match op:
        case "in":
            return f"{with_particle(name, '이')} {values} 가운데 하나예요"
        case "not_in":
            return f"{with_particle(name, '이')} {values} 가운데 어느 것도 아니에요"
        case "has_any":
            return f"{name}에 {values} 가운데 하나라도 들어 있어요"
    return f"{name}에 {with_particle(values, '이')} 모두 들어 있어요"


_MEASURES = {
    "count": "횟수", "sum": "합계", "mean": "평균", "min": "최솟값", "max": "최댓값", "first": "첫 값",
    "last": "마지막 값", "distinct": "서로 다른 값의 수",
}  # fmt: skip
