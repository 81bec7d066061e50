"""Segments, models and their figures in words."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _, pgettext_lazy

from dangol.core.refusals import explain, words_by_code
from dangol.domain.errors import ERRORS


class SegmentWords(NamedTuple):
    """An RFM segment: what it is called, who is in it, and what to do for them, in a line each."""

    name: str | Promise
    who: str | Promise
    todo: str | Promise


# In the order in which they are read: from those who carry the shop to those who are almost gone.
RFM_SEGMENTS: Mapping[str, SegmentWords] = {
    "champions": SegmentWords(
        _("최고 단골"), _("얼마 전에 왔고 누구보다 자주 와요."), _("먼저 알려 주고, 고맙다고 말하세요.")
    ),
    "loyal": SegmentWords(
        pgettext_lazy("rfm segment", "단골"), _("자주 와요."), _("다음 등급까지 남은 것을 알려 주세요.")
    ),
    "potential_loyalist": SegmentWords(
        _("단골이 될 고객"), _("요즘 몇 번 왔어요."), _("다음 방문에 더 적립해 주세요.")
    ),
    "new": SegmentWords(_("새 고객"), _("얼마 전에 처음 왔어요."), _("두 번째로 올 까닭을 주세요.")),
    "promising": SegmentWords(
        _("눈여겨볼 고객"), _("요즘 왔지만 아직 뜸해요."), _("산 것과 어울리는 것을 보여 주세요.")
    ),
    "needs_attention": SegmentWords(
        _("챙길 고객"), _("오는 것도 횟수도 가운데예요."), _("곧 사라질 포인트를 알려 주세요.")
    ),
    "about_to_sleep": SegmentWords(
        _("뜸해지는 고객"), _("가끔 왔고 온 지 좀 됐어요."), _("더 멀어지기 전에 작은 선물을 보내세요.")
    ),
    "cannot_lose": SegmentWords(
        _("놓치면 안 될 고객"), _("누구보다 자주 왔는데 요즘 안 와요."), _("직접 연락해서 까닭을 물어보세요.")
    ),
    "at_risk": SegmentWords(
        _("떠나는 고객"), _("자주 왔는데 온 지 오래됐어요."), _("다시 오면 받을 것을 알려 주세요.")
    ),
    "hibernating": SegmentWords(
        _("잠든 고객"), _("드물게 왔고 온 지 오래됐어요."), _("돈을 많이 쓰지 말고 한 번만 불러 보세요.")
    ),
}


class ModelWords(NamedTuple):
    """A model: what it is called, what it says, and how, each in a sentence."""

    name: str | Promise
    about: str | Promise
    how: str | Promise


MODELS: Mapping[str, ModelWords] = {
    "rfm": ModelWords(
        _("RFM 점수"),
        _("얼마나 최근에, 자주, 많이 샀는지를 1점부터 5점까지 매겨요."),
        _("산 적이 있는 고객을 다섯으로 똑같이 나눠요. 같은 값은 고객의 id로 갈라요."),
    ),
    "lifetime": ModelWords(
        _("고객 가치"),
        _("한 해 안에 몇 번 더 오고 그것이 오늘 얼마의 값인지를 말해요."),
        _("오는 횟수는 MBG/NBD(2007), 한 번에 쓰는 금액은 감마·감마(2013) 모델을 최대 가능도로 맞춰요."),
    ),
    "churn": ModelWords(
        _("떠날 위험"),
        _("요즘 온 고객이 앞으로 60일 동안 아무것도 사지 않을 확률을 말해요."),
        _("지난 구매로 분류기를 맞추고 확률을 바로잡아요. 마지막 60일은 떼어 두고 얼마나 맞혔는지 견줘요."),
    ),
    "buy_again": ModelWords(
        _("다시 살 상품"),
        _("고객마다 다시 살 만한 상품 다섯 가지를 까닭과 함께 말해요."),
        _(
            "자주, 얼마 전에 산 것을 앞에 둬요. 열 명 이상이 산 상품만, 두 해 안의 구매로 셈해요."
            " 마지막 31일은 떼어 두고 얼마나 맞혔는지 견줘요."
        ),
    ),
    "discover": ModelWords(
        _("좋아할 만한 상품"),
        _("고객마다 산 적은 없지만 좋아할 만한 상품 다섯 가지를 까닭과 함께 말해요."),
        _(
            "함께 사는 상품끼리의 관계(EASE, 2019)를 가장 많이 팔린 3,000가지에서 배워요."
            " 마지막 31일은 떼어 두고 얼마나 맞혔는지 견줘요."
        ),
    ),
}

# What models know of a customer, as in docs/algorithms/churn.md.
FEATURES: Mapping[str, str | Promise] = {
    "recency_days": _("마지막 구매로부터의 날"),
    "tenure_days": _("첫 구매로부터의 날"),
    "purchase_days": _("구매한 날의 수"),
    "usual_interval_days": _("보통의 구매 사이"),
    "irregularity": _("구매 사이가 들쭉날쭉한 만큼"),
    "lateness": _("오던 사이보다 늦어진 만큼"),
    "days_30": _("30일 안에 구매한 날"),
    "days_90": _("90일 안에 구매한 날"),
    "days_before_90": _("그 전 90일에 구매한 날"),
    "orders_90": _("90일 안의 주문"),
    "amount_a_day": _("하루에 쓰는 금액"),
    "amount_90": _("90일 안에 쓴 금액"),
    "amount_trend": _("쓰는 금액이 늘어난 만큼"),
    "alive": _("다시 올 가능성"),
}

FIGURES: Mapping[str, str | Promise] = {
    "log_likelihood": _("로그 가능도"),
    "yearly_rate": _("한 해 할인율"),
    "purchases": _("한 해 안에 올 횟수의 합"),
    "value_minor": _("한 해 가치의 합"),
    "model": _("쓰는 모델"),
    "scores": _("점수를 매기는 법"),
    "baseline": _("견준 것 가운데 가장 나은 규칙"),
    "beats_baseline": _("한 가지 규칙보다 나은가"),
}
# Figures of what was held out, each with its interval.
HELD_OUT: Mapping[str, str | Promise] = {
    "auc": _("AUC (떼어 둔 60일)"),
    "brier": _("브라이어 점수"),
    "lift": _("위험이 큰 열에 하나가 몇 배 더 떠났나"),
    "over_baseline": _("한 가지 규칙보다 높은 AUC"),
    "recall": _("산 것 가운데 열 가지 안에 든 비율 (떼어 둔 31일)"),
    "baseline_recall": _("가장 나은 규칙의 그 비율"),
    "ndcg": _("순서까지 본 점수 (NDCG)"),
}
# What is measured by another figure than churn's, by model and figure.
OWN_WORDS: Mapping[tuple[str, str], str | Promise] = {
    ("buy_again", "over_baseline"): _("가장 나은 규칙보다 높은 비율"),
    ("discover", "over_baseline"): _("가장 나은 규칙보다 높은 비율"),
}
_SAID = {
    "fifths": _("다섯으로 똑같이 나누기"),
    "mbg_nbd": "MBG/NBD",
    "churn_boosting": _("그래디언트 부스팅"),
    "buy_again": _("최근 것을 더 세는 자기 빈도"),
    "ease": "EASE",
    "own_frequency": _("자기가 산 날의 수"),
    "popularity": _("많이 팔린 것"),
    "popularity_lately": _("30일 동안 많이 팔린 것"),
    "rule_recency": _("마지막으로 온 날"),
    "rule_lateness": _("오던 사이보다 늦어진 만큼"),
    "rule_alive": _("다시 올 가능성"),
    "True": pgettext_lazy("model", "나아요"),
    "False": pgettext_lazy("model", "낫다고 할 수 없어요"),
}
# What the shop says of its money.
SAID: Mapping[str, str | Promise] = {
    "point_worth": _("100포인트의 값"),
    "margin": _("이익률"),
    "spent_share": _("쓰일 포인트의 몫"),
    "acquisition": _("획득 비용"),
    "retention": _("유지 비용"),
}
# What a model has too few of.
_WHATS = {
    "customers": _("구매한 고객"),
    "repeaters": _("다시 온 고객"),
    "repeat purchases": _("다시 한 구매"),
    "purchases": _("구매"),
    "days of purchases": _("구매한 날"),
    "who stayed away": _("오지 않은 고객"),
    "who came": _("온 고객"),
    "customers to test with": _("견줄 31일 동안 산 고객"),
    "items": _("상품"),
    "seed members": _("세그먼트에 든 구매 고객"),
    "prospects": _("세그먼트 밖의 구매 고객"),
    "lots": _("적립분"),
    "months of points": _("포인트를 준 달"),
    "points spent": _("포인트를 쓴 기록"),
}
# Why a model could not be fitted.
_REASONS = {
    "at_the_edge": _("값이 끝없이 달아나요"),
    "not_finite": _("셈이 끝나지 않아요"),
    "flat": _("어느 값이나 비슷하게 맞아요"),
}


def said(value: object) -> str:
    """Return a word of a model's card as people say it."""
    return str(_SAID.get(str(value), value))


def refused_in_words(refusal: Mapping[str, Any]) -> tuple[str, str]:
    """Return why a model says nothing, and what to do next, of the code and facts that a run has kept."""
    facts = dict(refusal["facts"])
    if "what" in facts:
        facts["what"] = _WHATS.get(facts["what"], facts["what"])
    if "reason" in facts:
        facts["reason"] = _REASONS.get(facts["reason"], facts["reason"])
    # A code has its class only once the module that declares it is loaded, which finding words does.
    words_by_code()
    kind = ERRORS.get(refusal["code"])
    return explain(kind(**facts)) if kind else (refusal["code"], "")
