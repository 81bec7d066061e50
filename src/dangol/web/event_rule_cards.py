"""The inputs of an event rule's form, by the card they stand in."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from dangol.web.condition_form.offers import Offers
from dangol.web.condition_form.option_words import operator_words
from dangol.web.condition_words import property_name
from dangol.web.event_rule_form import MOST_TESTS, OTHER, State, payable
from dangol.web.event_rule_words import OPS, TRIGGERS
from dangol.web.inputs import Input, Options
from dangol.web.program_form import OWN_EXPIRIES


class Cards(NamedTuple):
    """The form as it is drawn. `properties` are names that the chosen event is known to have."""

    name: Input
    name_en: Input
    trigger: Input
    event: Input
    event_name: Input
    tests: Sequence[Sequence[Input]]
    properties: Options
    pays: Sequence[Input]
    caps: Sequence[Input]
    budget: Sequence[Input]
    lots: Sequence[Input]
    when: Sequence[Input]
    phone: Sequence[Input]
    is_shown: Input
    kept_tests: str

    def labels(self) -> dict[str, str]:
        """Return what each input is called, by its name."""
        inputs: list[Any] = []
        for part in self:
            inputs += part if isinstance(part, list) else [part]
        inputs += [one for row in self.tests for one in row]
        return {one.name: one.label for one in inputs if isinstance(one, Input)}


class _Drawer(NamedTuple):
    """Draws inputs of what was typed, each with what is wrong with it."""

    typed: Mapping[str, str]
    faults: Mapping[str, str]

    def field(
        self,
        name: str,
        label: str,
        kind: str = "whole",
        hint: str = "",
        options: Options = (),
        listed: str = "",
    ) -> Input:
        """Return an input."""
        value, error = self.typed.get(name, ""), self.faults.get(name, "")
        return Input(name, label, kind, value, error, hint, options, listed)

    def tests(self) -> list[list[Input]]:
        """Return the rows of what is asked of the event."""
        ops = [(op, operator_words(op, ordered=False)) for op in OPS]
        return [
            [
                self.field(f"t{number}.property", _("활동의 값"), "text", listed="properties"),
                self.field(f"t{number}.op", _("어떻게"), "choice", options=ops),
                self.field(f"t{number}.value", _("얼마"), "text"),
            ]
            for number in range(1, MOST_TESTS + 1)
        ]

    def pays(self) -> list[Input]:
        """Return the inputs of what a deed earns."""
        number = _("활동의 수로 줄 때만 적어요. 예: amount")
        return [
            self.field("points", _("정해진 포인트"), hint=_("활동의 수로만 셈하면 비워 두세요.")),
            self.field("rate_property", _("셈할 수의 이름"), "text", number, listed="properties"),
            self.field("rate_points", _("그 수마다 줄 포인트")),
            self.field("rate_units", _("얼마마다"), hint=_("비우면 1마다예요.")),
            self.field("most_points", _("한 번에 줄 최대 포인트"), hint=_("비우면 한도가 없어요.")),
        ]

    def caps(self) -> list[Input]:
        """Return the inputs of how often one member earns."""
        labels = {
            "day": _("하루에 몇 번"), "week": _("한 주에 몇 번"), "month": _("한 달에 몇 번"),
            "year": _("한 해에 몇 번"), "ever": _("통틀어 몇 번"),
        }  # fmt: skip
        counts = [self.field(name, label, hint=_("비우면 한도가 없어요.")) for name, label in labels.items()]
        wait = _("비우면 바로 다시 받아요.")
        return [*counts, self.field("cooldown_hours", _("한 번 받고 몇 시간 뒤에 다시"), hint=wait)]

    def budget(self) -> list[Input]:
        """Return the inputs of what all members share."""
        labels = {"budget_times": _("모두 합쳐 몇 번"), "budget_points": _("모두 합쳐 몇 포인트")}
        return [self.field(name, label, hint=_("비우면 한도가 없어요.")) for name, label in labels.items()]

    def lots(self) -> list[Input]:
        """Return the inputs of when the points can be used."""
        wait = _("비우면 멤버십을 따라요. 0이면 바로예요.")
        own = _("사라지는 때를 따로 정할 때만 적어요.")
        return [
            self.field("pending_days", _("며칠 뒤에 쓸 수 있나요"), hint=wait),
            self.field("expiry", _("언제 사라지나요"), "choice", options=OWN_EXPIRIES),
            self.field("expiry_count", _("며칠, 몇 달, 몇 년"), hint=own),
        ]

    def when(self) -> list[Input]:
        """Return the inputs of when the rule is in force."""
        return [
            self.field("first_day", _("시작하는 날"), "date", _("비우면 발행할 때부터예요.")),
            self.field("first_time", _("시작하는 시각"), "time", _("비우면 0시예요.")),
            self.field("last_day", _("마지막 날"), "date", _("비우면 끝나지 않아요.")),
            self.field("last_time", _("끝나는 시각"), "time", _("비우면 그날이 끝날 때까지예요.")),
        ]

    def phone(self) -> list[Input]:
        """Return the inputs of what members read."""
        own = _("비우면 한국어 설명을 보여 줘요.")
        return [
            self.field("about", _("설명(한국어)"), "text"),
            self.field("about_en", _("설명(영어)"), "text", own),
        ]


def draw_cards(state: State, faults: Mapping[str, str], offers: Offers) -> Cards:
    """Return the inputs of the form as it stands."""
    draw = _Drawer(state.typed, faults)
    events = [("", _("고르세요")), *payable(offers).items(), (OTHER, _("다른 활동(이름 적기)"))]
    as_sent = _("앱이나 홈페이지가 보내는 이름 그대로예요.")
    known = sorted(offers.kinds_of(state.typed.get("event", "")))
    return Cards(
        name=draw.field("name", _("이름"), "text", _("직원과 회원이 이 이름으로 봐요.")),
        name_en=draw.field("name_en", _("이름(영어)"), "text", _("비우면 한국어 이름을 보여 줘요.")),
        trigger=draw.field("trigger", _("무엇을 하면"), "choice", options=[*TRIGGERS.items()]),
        event=draw.field("event", _("활동"), "choice", options=events),
        event_name=draw.field("event_name", _("활동의 이름"), "text", as_sent),
        tests=draw.tests(),
        properties=[(name, property_name(name)) for name in known],
        pays=draw.pays(),
        caps=draw.caps(),
        budget=draw.budget(),
        lots=draw.lots(),
        when=draw.when(),
        phone=draw.phone(),
        is_shown=draw.field("is_shown", _("회원의 휴대폰 ‘이렇게도 쌓여요’에 보여 줘요"), "flag"),
        kept_tests=state.typed.get("kept_tests", ""),
    )
