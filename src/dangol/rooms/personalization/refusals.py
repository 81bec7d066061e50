"""What the models, reports and engines of insight say no to, in words, and what to do next."""

from django.utils.translation import gettext_lazy as _

from dangol.core.refusals import Words, register
from dangol.insight.lifetime.refusals import (
    BrokenHistories,
    NoMaximum,
    NotEnoughData,
    SpendFollowsFrequency,
)
from dangol.insight.modeling.refusals import BrokenTable, OutOfRange, TooManyItems
from dangol.insight.refusals import (
    BoundsNotRising,
    ColumnsMissing,
    DuplicateDays,
    EngineGone,
    FutureDays,
    LotsOverdrawn,
    SplitNotBefore,
    ValuesMissing,
)
from dangol.rooms.personalization.assumptions import NotAnAmount, NotAShare

register(
    {
        NotAShare.code: Words(
            _("적은 퍼센트를 쓸 수 없어요."),
            _("0부터 100까지, 소수점 아래 두 자리까지 적어 주세요. 예: 12.5. 비우면 지워요."),
        ),
        NotAnAmount.code: Words(
            _("적은 값을 쓸 수 없어요."),
            _("0부터의 금액을 숫자로, 통화의 소수 자리까지만 적어 주세요. 비우면 지워요."),
        ),
        NotEnoughData.code: Words(
            _("아직 자료가 모자라요: {what} {found}개뿐이에요. {needed}개부터 셈할 수 있어요."),
            _("더 모인 뒤에 다시 하거나, 더 긴 기간을 고르세요."),
        ),
        BrokenHistories.code: Words(
            _("있을 수 없는 구매 기록이 {rows}개 있어요: {fault}"),
            _("기록이 끝나는 날과 세는 단위를 살펴보세요."),
        ),
        SpendFollowsFrequency.code: Words(
            _("자주 오는 고객은 한 번에 쓰는 돈도 달라요(상관 {correlation}, {most}까지 셈해요)."),
            _("고객을 비슷한 무리로 나누어 따로 셈해 보세요."),
        ),
        BrokenTable.code: Words(
            _("표 {table}의 {column} 열을 쓸 수 없어요: {fault}"), _("열의 이름과 종류, 빈 값을 살펴보세요.")
        ),
        TooManyItems.code: Words(
            _("상품 {items}개의 모델은 메모리 {gigabytes}GB가 필요해요. {most}개까지 셈해요."),
            _("많이 산 상품으로 줄이거나, 이웃 상품 모델을 쓰세요."),
        ),
        OutOfRange.code: Words(
            _("{name}은(는) {least}부터 {most}까지예요: {value}"), _("그 사이의 값을 주세요.")
        ),
        NoMaximum.code: Words(
            _("자료에 맞는 값을 찾지 못했어요({reason}). 이 모델이 말하는 구매가 아니에요."),
            _("떠난 고객이 더 있어야 셈할 수 있어요. 더 긴 기간을 고르거나 나중에 다시 해 보세요."),
        ),
        ColumnsMissing.code: Words(
            _("표 {table}에 열이 없어요: {columns}"), _("열 이름을 문서와 같게 맞추세요.")
        ),
        DuplicateDays.code: Words(
            _("고객의 하루가 두 번 이상 적힌 날이 {days}개 있어요. 두 번 세게 돼요."),
            _("주문에서 하루 요약을 다시 만드세요."),
        ),
        FutureDays.code: Words(
            _("{as_of} 뒤의 날이 {rows}줄 있어요. 마지막은 {latest}이에요."),
            _("시계와 시간대, 기준일을 살펴보세요."),
        ),
        ValuesMissing.code: Words(
            _("표 {table}에 값이 없거나 있을 수 없는 줄이 {rows}개 있어요."), _("그 줄을 고치거나 빼세요.")
        ),
        SplitNotBefore.code: Words(
            _("나누는 날 {split}이(가) 끝나는 날 {as_of}보다 앞이 아니에요."), _("더 이른 날로 나누세요.")
        ),
        LotsOverdrawn.code: Words(
            _("가진 것보다 많이 빠져나간 적립분이 {lots}개 있어요."), _("적립분과 그 움직임을 맞춰 보세요.")
        ),
        BoundsNotRising.code: Words(
            _("{score}의 경계값 네 개가 차례로 커지지 않아요."), _("작은 것부터 큰 것 순서로 적으세요.")
        ),
        EngineGone.code: Words(
            _("분석 엔진({address})에 닿지 않아요: {reason}"),
            _("클러스터가 켜져 있는지 보세요. 그동안은 이 컴퓨터에서 계산해요."),
        ),
    }
)
