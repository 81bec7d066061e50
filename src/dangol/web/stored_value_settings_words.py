"""How the shop answers for gift cards and store credit, in words: the questions, the answers, the changes."""

from collections.abc import Mapping, Sequence
from functools import partial

from django.utils.translation import gettext_lazy as lazy

from dangol.rooms.rewards.stored_value.settings import StoredValueContent
from dangol.web.changed_words import Sentence
from dangol.web.settings_words import Fact, Group, Question, changes_of, tell_value

PAYING = Group(
    "paying", lazy("결제"), "wallet",
    (
        Question(
            "accepts_cards", lazy("상품권을 받나요?"),
            lazy("받지 않으면 계산할 때 왜 못 쓰는지 알려 줘요. 이미 판 상품권의 돈은 그대로예요."), "flag",
            {True: lazy("받아요"), False: lazy("받지 않아요")},
        ),
        Question(
            "accepts_credit", lazy("예치금을 받나요?"),
            lazy("받지 않아도 이미 준 예치금은 그대로예요."), "flag",
            {True: lazy("받아요"), False: lazy("받지 않아요")},
        ),
        Question(
            "most_credit_share", lazy("예치금은 낼 금액에서 많아야"),
            lazy("상품값과 배송비를 더한 금액의 이만큼까지 예치금으로 내요. 100%면 모두 낼 수 있어요."),
            "percent",
        ),
        Question(
            "confirm_credit_from_minor", lazy("예치금은 얼마부터 회원이 확인하나요?"),
            lazy("계산대에서 적은 금액은 바로 쓰고, 많은 금액만 회원에게 물어요."), "money",
            empty=lazy("묻지 않아요"),
        ),
        Question(
            "offline_minor", lazy("연결이 없을 때 얼마까지 받나요?"),
            lazy("계산대에 연결이 없으면 얼마가 남았는지 볼 수 없어요. 이 금액까지는 상품권이나 예치금으로 "
                 "받아 두고, 모자라면 연결된 뒤에 알려 줘요. 0이면 받지 않아요."),
            "amount",
        ),
        Question(
            "is_discount", lazy("상품권과 예치금으로 낸 만큼도 적립하나요?"),
            lazy("돈처럼 볼지, 할인처럼 볼지예요."), "flag",
            {False: lazy("적립해요"), True: lazy("그만큼은 적립하지 않아요")},
        ),
    ),
)  # fmt: skip
CARDS = Group(
    "cards", lazy("상품권 팔기"), "wallet-cards",
    (
        Question(
            "least_card_minor", lazy("한 장에 적어도"), lazy("이보다 적은 상품권은 팔지 않아요."), "money",
        ),
        Question(
            "most_card_minor", lazy("한 장에 많아야"), lazy("충전해도 한 장에 이보다 많이 담지 않아요."),
            "money",
        ),
        Question(
            "valid_months", lazy("유효기간(달)"),
            lazy("산 날부터 이만큼 쓸 수 있어요. 이미 판 상품권은 살 때의 유효기간 그대로예요."), "months",
        ),
    ),
)  # fmt: skip
REFUNDS = Group(
    "refunds", lazy("유효기간 안의 환급"), "undo-2",
    (
        Question(
            "withdraw_days", lazy("모두 돌려주는 기간(일)"),
            lazy("산 다음 이 기간에는 쓰지 않은 상품권의 돈을 모두 돌려줘요. 한국의 표준약관은 7일이에요. "
                 "0이면 돌려주지 않아요."),
            "days",
        ),
        Question(
            "cash_from", lazy("얼마나 쓰면 남은 돈을 돌려주나요?"),
            lazy("상품권 금액의 이만큼을 쓰면 남은 금액을 현금으로 돌려줘요. 한국의 표준약관은 60%예요."),
            "percent",
        ),
        Question(
            "small_minor", lazy("이 금액까지는 소액 상품권"),
            lazy("소액 상품권은 아래 비율을 따라요. 한국의 표준약관은 1만 원이에요. 0이면 따로 두지 않아요."),
            "amount",
        ),
        Question(
            "small_cash_from", lazy("소액 상품권은 얼마나 쓰면 돌려주나요?"),
            lazy("한국의 표준약관은 80%예요."), "percent",
        ),
    ),
)  # fmt: skip
LAPSED = Group(
    "lapsed", lazy("유효기간이 지난 뒤의 환급"), "hourglass",
    (
        Question(
            "claim_months", lazy("환급을 청구할 수 있는 기간(달)"),
            lazy("산 날부터 세요. 유효기간보다 짧을 수 없어요. 한국의 표준약관은 5년(60달)이에요."),
            "months",
        ),
        Question(
            "lapsed_share", lazy("현금으로 돌려주는 비율"),
            lazy("남은 금액 가운데 이만큼을 돌려줘요. 한국의 표준약관은 90%예요."), "percent",
        ),
        Question(
            "large_minor", lazy("이 금액을 넘으면 고액 상품권"),
            lazy("고액 상품권은 아래 비율을 따라요. 한국의 표준약관은 5만 원이에요."), "amount",
        ),
        Question(
            "large_lapsed_share", lazy("고액 상품권을 현금으로 돌려주는 비율"),
            lazy("한국의 표준약관은 95%예요."), "percent",
        ),
        Question(
            "lapsed_credit_share", lazy("예치금으로 돌려주는 비율"),
            lazy("현금 대신 예치금으로 받을 때예요. 한국의 표준약관은 100%예요."), "percent",
        ),
    ),
)  # fmt: skip
CREDIT = Group(
    "credit", lazy("예치금 주기"), "coins",
    (
        Question(
            "credit_valid_days", lazy("준 예치금의 유효기간(일)"),
            lazy("준 날부터 이만큼 쓸 수 있어요. 회원이 돈을 내고 받은 예치금은 사라지지 않아요."), "days",
            empty=lazy("사라지지 않아요"),
        ),
        Question(
            "credit_limit_minor", lazy("한 사람이 하루에 혼자 주고 빼는 한도"),
            lazy("한 회원에게 이보다 많이 주거나 빼려면 다른 사람이 승인해요. 0이면 언제나 승인해요."),
            "amount",
        ),
    ),
)  # fmt: skip
GROUPS: Sequence[Group] = (PAYING, CARDS, REFUNDS, LAPSED, CREDIT)
QUESTIONS: Mapping[str, Question] = {one.name: one for group in GROUPS for one in group.questions}


def _told(content: StoredValueContent, currency: str, question: Question) -> str:
    return tell_value(getattr(content, question.name), question, currency)


def facts_of(content: StoredValueContent, group: Group, currency: str) -> list[Fact]:
    """Return a group's questions with their answers."""
    return [Fact(str(one.label), _told(content, currency, one)) for one in group.questions]


def changes_between(before: StoredValueContent, after: StoredValueContent, currency: str) -> list[Sentence]:
    """Return, sentence by sentence, what another content answers differently, in the order of the page."""
    return changes_of(GROUPS, *(partial(_told, content, currency) for content in (before, after)))
