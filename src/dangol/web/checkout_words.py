"""How the checkout answers, in words: each question, its answers, and what has changed."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _, gettext_lazy as lazy

from dangol.domain.accrual import Rounding
from dangol.domain.promotions.second_look import Cause, Needed
from dangol.domain.promotions.settings import (
    Base,
    Choice,
    DeliveryBack,
    OverBudget,
    RoundedOn,
    Stacking,
)
from dangol.domain.splitting import Spare
from dangol.rooms.rewards.promotions.checkout import CheckoutContent
from dangol.rooms.rewards.wallets import list_wallets
from dangol.web.benefit_words import share_in_words
from dangol.web.changed_words import Sentence
from dangol.web.formats import format_money_in_words
from dangol.web.promotion_words import lane_name
from dangol.web.reads.wallets import name_of
from dangol.web.settings_words import Fact, Group, Question, changes_of, tell_value

_ROUNDING: Mapping[Any, Promise] = {
    Rounding.HALF_UP: lazy("반올림해요(딱 절반이면 올려요)"),
    Rounding.HALF_EVEN: lazy("반올림해요(딱 절반이면 짝수로)"),
    Rounding.DOWN: lazy("버려요"),
    Rounding.UP: lazy("올려요"),
}


WAYS: Mapping[Stacking, Promise] = {
    Stacking.COMMON: lazy("함께 못 쓰는 것만 빼고 모두와"),
    Stacking.NEVER: lazy("언제나 함께 쓰는 것하고만"),
    Stacking.ALWAYS: lazy("모두와 언제나"),
}
CHOICES: Mapping[Choice, Promise] = {
    Choice.PRIORITY: lazy("순서대로 모두 적용해요"),
    Choice.BEST: lazy("가장 많이 깎아 주는 하나만 적용해요"),
}
TENDER = Group(
    "tender", lazy("포인트로 내기"), "wallet",
    (
        Question(
            "tender.points", lazy("포인트"), lazy("이만큼의 포인트가 아래 금액이에요."), "points",
            empty=lazy("포인트로 낼 수 없어요."),
        ),
        Question("tender.minor", lazy("그 금액"), lazy("위의 포인트로 내는 금액이에요."), "money"),
        Question(
            "tender.least_points", lazy("한 번에 적어도"), lazy("이보다 적게는 쓰지 못해요."), "points",
            empty=lazy("얼마든지"),
        ),
        Question(
            "tender.step_points", lazy("쓰는 단위"), lazy("이 수의 배수로만 써요."), "points",
            empty=lazy("1P 단위"),
        ),
        Question(
            "tender.most_share", lazy("상품값에서 많아야"),
            lazy("상품값의 이만큼까지만 내요. 배송비는 돈으로 내요."),
            "percent", empty=lazy("모두"),
        ),
        Question(
            "tender.is_discount", lazy("포인트로 낸 만큼도 적립하나요?"),
            lazy("포인트도 돈처럼 볼지, 할인처럼 볼지예요."), "flag",
            {False: lazy("적립해요"), True: lazy("그만큼은 적립하지 않아요")},
        ),
    ),
)  # fmt: skip
COUNTER = Group(
    "counter", lazy("계산대와 예약"), "store",
    (
        Question(
            "confirm_coupons", lazy("쿠폰을 쓸 때 회원이 확인하나요?"),
            lazy("회원의 휴대폰에 묻고, 답하지 못하면 직원 앞에서 확인해요."), "flag",
            {False: lazy("묻지 않고 바로 써요"), True: lazy("회원이 그러겠다고 해야 써요")},
        ),
        Question(
            "confirm_points_from", lazy("포인트는 몇 P부터 확인하나요?"),
            lazy("적은 포인트는 바로 쓰고, 많은 포인트만 회원에게 물어요."), "points",
            empty=lazy("묻지 않아요"),
        ),
        Question(
            "confirm_minutes", lazy("확인을 기다리는 시간(분)"),
            lazy("그동안 답이 없으면 잡아 둔 쿠폰과 포인트를 풀어요."), "minutes",
        ),
        Question(
            "hold_minutes", lazy("예약을 잡아 두는 시간(분)"),
            lazy("온라인에서 결제하는 동안 쿠폰, 예산, 포인트를 잡아 둬요."), "minutes",
        ),
        Question(
            "undo_minutes", lazy("되돌릴 수 있는 시간(분)"),
            lazy("계산한 직원이 방금 판 것을 통째로 되돌릴 수 있는 시간이에요. 그다음은 반품이에요."),
            "minutes",
        ),
    ),
)  # fmt: skip
DISCOUNTS = Group(
    "discounts", lazy("할인 계산"), "calculator",
    (
        Question(
            "percent_of", lazy("퍼센트는 무엇의 퍼센트인가요?"),
            lazy("할인이 겹칠 때 두 번째 퍼센트를 처음 값에 거는지, 남은 값에 거는지예요."),
            answers={
                Base.REMAINING: lazy("앞의 할인을 뺀 값의 퍼센트예요"),
                Base.INITIAL: lazy("할인하기 전 값의 퍼센트예요"),
            },
        ),
        Question(
            "threshold_on", lazy("최소 금액은 무엇으로 재나요?"),
            lazy("‘얼마부터’라는 조건을 앞의 할인을 빼고 재는지예요."),
            answers={
                Base.REMAINING: lazy("앞의 할인을 뺀 값으로 재요"),
                Base.INITIAL: lazy("할인하기 전 값으로 재요"),
            },
        ),
        Question(
            "rounding", lazy("할인 금액의 끝수는?"), lazy("퍼센트가 딱 떨어지지 않을 때예요."),
            answers=_ROUNDING,
        ),
        Question(
            "rounded_on", lazy("끝수는 언제 정리하나요?"),
            lazy("한꺼번에 정리하면 가장 정확하고, 하나씩 정리하면 영수증에서 따라 셈하기 쉬워요."),
            answers={
                RoundedOn.WHOLE: lazy("할인을 모두 더한 다음 한 번"),
                RoundedOn.LINE: lazy("줄마다"),
                RoundedOn.UNIT: lazy("하나하나마다"),
            },
        ),
        Question(
            "spare", lazy("나누고 남은 1은 누구에게?"),
            lazy("할인을 여러 줄에 나누면 끝수가 남아요. 반품할 때 이 나눈 값으로 돌려줘요."),
            answers={
                Spare.LARGEST_REMAINDER: lazy("가장 많이 잘린 줄에"),
                Spare.FIRST: lazy("앞줄부터"),
                Spare.LAST: lazy("뒷줄부터"),
            },
        ),
        Question(
            "floors_hold", lazy("상품의 하한 가격을 지키나요?"),
            lazy("상품에 정한 가격 아래로는 어떤 프로모션도 내리지 못하게 해요."), "flag",
            {True: lazy("지켜요"), False: lazy("프로모션이 더 내릴 수 있어요")},
        ),
        Question(
            "over_budget", lazy("남은 예산보다 큰 할인은?"),
            lazy("예산이 거의 다 쓰였을 때 마지막 손님의 이야기예요."),
            answers={
                OverBudget.CUT: lazy("남은 만큼만 깎아요"),
                OverBudget.REJECT: lazy("적용하지 않아요"),
            },
        ),
    ),
)  # fmt: skip
TOGETHER = Group(
    "together", lazy("함께 쓰기"), "layers",
    (
        Question(
            "most_promotions", lazy("한 장바구니에 프로모션은 많아야"),
            lazy("이만큼 적용한 다음에는 더 적용하지 않아요."), "whole", empty=lazy("한도가 없어요"),
        ),
        Question(
            "most_codes", lazy("한 장바구니에 쿠폰 코드는 많아야"),
            lazy("이만큼 쓴 다음의 코드는 받지 않고 남겨 둬요."), "whole", empty=lazy("한도가 없어요"),
        ),
        Question(
            "all_or_nothing", lazy("코드 여러 개 가운데 하나가 안 되면?"),
            lazy("손님이 낸 코드를 한 묶음으로 볼지예요."), "flag",
            {False: lazy("되는 것만 써요"), True: lazy("하나도 쓰지 않아요")},
        ),
        Question(
            "uses_up_without_effect", lazy("아무것도 깎지 못한 코드는?"),
            lazy("코드를 냈지만 깎을 금액이 남아 있지 않을 때예요."), "flag",
            {False: lazy("쓰지 않은 것으로 남겨요"), True: lazy("쓴 것으로 해요")},
        ),
    ),
)  # fmt: skip
POINTS = Group(
    "points", lazy("프로모션이 주는 포인트"), "coins",
    (
        Question(
            "points_on", lazy("무엇에 대해 주나요?"), lazy("‘얼마마다 몇 P’를 주는 프로모션의 이야기예요."),
            answers={
                Base.REMAINING: lazy("할인한 다음 내는 값에 대해 줘요"),
                Base.INITIAL: lazy("할인하기 전 값에 대해 줘요"),
            },
        ),
        Question(
            "points_rounding", lazy("포인트의 끝수는?"), lazy("한 장바구니에서 한 번 정리해요."),
            answers=_ROUNDING,
        ),
    ),
)  # fmt: skip
RETURNS = Group(
    "returns", lazy("반품"), "undo-2",
    (
        Question(
            "delivery_back", lazy("배송비는 언제 돌려주나요?"),
            lazy("상품 값은 언제나 그 상품이 실제로 낸 만큼 돌려줘요. 배송비는 가게마다 달라요."),
            answers={
                DeliveryBack.ASKED: lazy("돌려주라고 할 때만"),
                DeliveryBack.LAST_UNIT: lazy("마지막 상품까지 모두 돌아올 때"),
                DeliveryBack.NEVER: lazy("돌려주지 않아요"),
            },
        ),
        Question(
            "gives_use_back", lazy("모두 반품되면 쓴 횟수도 돌려주나요?"),
            lazy("쿠폰과 ‘한 사람이 한 번’ 같은 한도를 다시 쓸 수 있게 할지예요."), "flag",
            {True: lazy("다시 쓸 수 있어요"), False: lazy("쓴 것으로 남겨요")},
        ),
    ),
)  # fmt: skip
APPROVAL = Group(
    "approval", lazy("발행 승인"), "stamp",
    (
        Question(
            "approve_always", lazy("프로모션이나 적립 활동을 발행할 때 다른 사람이 승인하나요?"),
            lazy("부탁한 사람이 아닌 다른 사람이 결정해요. 이 기준을 늦출 때도 다른 사람이 승인해요."),
            "flag", {False: lazy("아래 기준을 넘을 때만"), True: lazy("언제나 승인해야 발행돼요")},
        ),
        Question(
            "approve_budget_above", lazy("예산이 이보다 크면"),
            lazy(
                "예산을 정하지 않았거나 포인트, 사은품, 도장, 쿠폰을 주면 이보다 큰 것으로 봐요. "
                "적립 활동도 포인트를 주니 이보다 큰 것으로 봐요."
            ),
            "money",
            empty=lazy("예산은 보지 않아요"),
        ),
        Question(
            "approve_share_above", lazy("할인율이 이보다 크면"),
            lazy(
                "가장 많이 깎는 혜택으로 재요. 2+1은 33.34%예요. "
                "금액이나 판매가로 정한 할인은 이보다 큰 것으로 봐요."
            ),
            "percent",
            empty=lazy("할인율은 보지 않아요"),
        ),
    ),
)  # fmt: skip
GROUPS: Sequence[Group] = (TENDER, COUNTER, DISCOUNTS, TOGETHER, POINTS, RETURNS, APPROVAL)
QUESTIONS: Mapping[str, Question] = {one.name: one for group in GROUPS for one in group.questions}


def value_of(content: CheckoutContent, name: str) -> Any:
    """Return the answer to a question; None: it is left empty, or of points that pay nothing."""
    part, _dot, inner = name.partition(".")
    if not inner:
        return getattr(content, part)
    return None if content.tender is None else getattr(content.tender, inner)


def tell_answer(content: CheckoutContent, question: Question, currency: str) -> str:
    """Return the answer to a question in words; nothing for what is not asked while points pay nothing."""
    value = value_of(content, question.name)
    return "" if value is None and question.answers else tell_value(value, question, currency)


def _told(content: CheckoutContent, currency: str, question: Question) -> str:
    return tell_answer(content, question, currency)


def facts_of(content: CheckoutContent, group: Group, currency: str) -> list[Fact]:
    """Return a group's questions with their answers; while points pay nothing, that alone of them."""
    questions = group.questions[:1] if group is TENDER and content.tender is None else group.questions
    return [Fact(str(one.label), tell_answer(content, one, currency)) for one in questions]


def beside_facts(content: CheckoutContent) -> list[Fact]:
    """Return how promotions of a lane compete, and with what categories go together."""
    lanes = [
        Fact(_("‘%(lane)s’ 칸") % {"lane": lane_name(one.key)}, str(CHOICES[one.choice]))
        for one in content.lanes
    ]
    ways = [
        Fact(_("갈래 ‘%(category)s’") % {"category": key}, str(WAYS[way]))
        for key, way in content.stacking.items()
    ]
    return [*_paying(content), *lanes, *ways]


def _paying(content: CheckoutContent) -> list[Fact]:
    """Return which points pay; nothing in a shop with one kind."""
    wallets = list_wallets() if content.tender else []
    if len(wallets) < 2 or content.tender is None:
        return []
    wanted = content.tender.currency
    names = [name_of(one) for one in wallets if one.currency == wanted or (one.is_first and not wanted)]
    return [Fact(_("낼 수 있는 포인트"), ", ".join(names))]


def changes_between(before: CheckoutContent, after: CheckoutContent, currency: str) -> list[Sentence]:
    """Return, sentence by sentence, what another content answers differently, in the order of the page."""
    found = changes_of(GROUPS, *(partial(_told, content, currency) for content in (before, after)))
    was_beside, will_beside = (dict(beside_facts(content)) for content in (before, after))
    for label in dict.fromkeys([*was_beside, *will_beside]):
        was, will_be = was_beside.get(label, ""), will_beside.get(label, "")
        if was != will_be:
            group = TENDER if label == _("낼 수 있는 포인트") else TOGETHER
            found.append(Sentence(str(group.title), label, was, will_be, group.icon))
    return found


def cause_in_words(needed: Needed, currency: str) -> str:
    """Return for what a publication needs a second person."""
    match needed.cause:
        case Cause.ALWAYS:
            return _("발행할 때마다 다른 사람이 승인하기로 했어요.")
        case Cause.NO_BUDGET:
            most = format_money_in_words(needed.most or 0, currency)
            return _("예산을 정하지 않았어요. 혼자서는 예산 %(most)s까지 발행해요.") % {"most": most}
        case Cause.BUDGET:
            amounts = {
                "found": format_money_in_words(needed.found or 0, currency),
                "most": format_money_in_words(needed.most or 0, currency),
            }
            return _("예산이 %(found)s예요. 혼자서는 %(most)s까지 발행해요.") % amounts
        case Cause.BESIDE_BUDGET:
            return _("포인트, 사은품, 도장, 쿠폰은 금액 예산으로 막지 못해서 혼자 발행하지 않아요.")
        case Cause.UNKNOWN_SHARE:
            most = share_in_words(needed.most or 0)
            return _("금액이나 판매가로 정한 할인이 있어요. 혼자서는 %(most)s까지 발행해요.") % {"most": most}
    shares = {"found": share_in_words(needed.found or 0), "most": share_in_words(needed.most or 0)}
    return _("%(found)s까지 깎아요. 혼자서는 %(most)s까지 발행해요.") % shares
