"""What somebody should know before a promotion is published, in words, and what could be done about it."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from dangol.core.storage.ids import Id
from dangol.domain.promotions.checking import RuleFault
from dangol.domain.promotions.concerns import NEVER_ACTS, Concern, Finding
from dangol.web.benefit_words import quoted, share_in_words

_WORDS: Mapping[Concern, tuple[Promise, Promise]] = {
    Concern.OVER: (_("끝나는 때가 이미 지났어요."), _("‘언제’에서 끝나는 날을 늦추세요.")),
    Concern.UNKNOWN_LANE: (
        _("이 프로모션이 들어갈 칸이 결제 설정에 없어요."),
        _("‘다른 프로모션과’에서 있는 칸을 고르세요."),
    ),
    Concern.USED_UP: (
        _("정한 한도나 예산이 이미 다 쓰였어요."),
        _("한도를 올리지 않으면 아무도 받지 못해요."),
    ),
    Concern.SHADOWED: (
        _("늘 먼저 적용되는 {others} 때문에 이 프로모션은 적용될 틈이 없어요."),
        _("순서를 앞으로 옮기거나, 함께 쓸 수 있게 묶음과 갈래를 고치세요."),
    ),
    Concern.NO_CEILING: (
        _("장바구니가 클수록 할인도 커지는데, 한 번의 최대 금액도 예산도 없어요."),
        _("‘한도와 예산’에서 하나를 정하면 비용의 끝을 알 수 있어요."),
    ),
    Concern.DEEP_DISCOUNT: (
        _("값의 절반이 넘게 깎일 수 있어요(최대 {share})."),
        _("일부러 정한 것이 아니면 숫자를 확인하세요."),
    ),
    Concern.SMALL_CARTS_FREE: (
        _("작은 장바구니는 공짜가 돼요."),
        _("‘누구에게’에서 최소 금액을 할인보다 크게 정하세요."),
    ),
    Concern.DEEP_TOGETHER: (
        _("{others} 프로모션과 함께 적용되면 모두 {share}까지 깎일 수 있어요."),
        _("함께 쓰지 못하게 하려면 같은 묶음 이름을 적으세요."),
    ),
    Concern.ONE_OF_THEM: (
        _("{others} 프로모션과는 함께 쓸 수 없어요. 순서가 앞선 하나만 적용해요."),
        _("함께 써도 되면 묶음과 갈래를 고치세요."),
    ),
    Concern.BEST_OF_THEM: (
        _("{others} 프로모션과 견줘서 더 많이 깎는 하나만 적용해요."),
        _("둘 다 적용하려면 다른 칸으로 옮기세요."),
    ),
    Concern.SAME_PLACE: (
        _("{others} 프로모션과 칸도 순서도 같아서, 먼저 만든 것부터 적용해요."),
        _("순서가 중요하면 숫자를 다르게 적으세요."),
    ),
}
assert _WORDS.keys() == set(Concern), "each concern has words"

# What is wrong with a promotion itself: the card it is told at, the words, and what to do.
FAULTS: Mapping[RuleFault, tuple[str, Promise]] = {
    RuleFault.GIVES_NOTHING: ("then", _("주는 혜택이 없어요. ‘그러면’에서 혜택을 하나 더하세요.")),
    RuleFault.SHARE_OUT_OF_RANGE: ("then", _("할인율을 0보다 크고 100%를 넘지 않게 적어 주세요.")),
    RuleFault.MONEY_OUT_OF_RANGE: ("then", _("금액이 너무 작거나 커요. 다시 적어 주세요.")),
    RuleFault.COUNT_OUT_OF_RANGE: ("then", _("개수가 너무 작거나 커요. 다시 적어 주세요.")),
    RuleFault.STEPS_NOT_ASCENDING: ("then", _("단계는 아래로 갈수록 기준이 커져야 해요.")),
    RuleFault.ENDS_BEFORE_IT_STARTS: ("when", _("끝나는 때가 시작하는 때보다 빨라요. 더 늦게 고르세요.")),
    RuleFault.MONEY_WITHOUT_CURRENCY: ("limits", _("금액을 적었는데 통화가 없어요.")),
    RuleFault.RATE_TOO_HIGH: ("then", _("포인트를 너무 많이 줘요. 더 작게 적어 주세요.")),
    RuleFault.TOO_MANY_PARTS: ("then", _("한 묶음에는 여섯 가지까지 넣을 수 있어요.")),
}
assert FAULTS.keys() == set(RuleFault), "each fault has words"


class Note(NamedTuple):
    """A concern in words. `is_grave`: with it the promotion does nothing."""

    sentence: str
    remedy: str
    is_grave: bool
    others: tuple[Id, ...]


def tell_concerns(found: Sequence[Finding], names: Mapping[Id, str]) -> list[Note]:
    """Return findings in words; `names` are the promotions' they are about."""
    notes = []
    for one in found:
        sentence, remedy = _WORDS[one.concern]
        shown = str(sentence).format(
            others=quoted(names.get(key, key.hex()) for key in one.others),
            share=share_in_words(one.share or 0),
        )
        notes.append(Note(shown, str(remedy), one.concern in NEVER_ACTS, one.others))
    return notes
