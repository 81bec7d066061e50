"""What the refusals about the timeline and about conditions over it say, and what to do next."""

from django.utils.translation import gettext_lazy as _

from dangol.core.events.feed import UnknownEvent
from dangol.core.refusals import Words, register
from dangol.domain.conditions.dependencies import ConditionCycle
from dangol.domain.conditions.refusals import (
    BrokenCondition,
    EmptyGroup,
    NonsenseWindow,
    NumberOutOfRange,
    TooDeep,
    TooMany,
    UnfitOperator,
    UnfitValue,
    UnknownTrait,
)
from dangol.insight.refusals import EngineGone

register(
    {
        UnknownEvent.code: Words(_("그런 활동은 없어요: {event}"), _("활동의 id를 확인하세요.")),
        BrokenCondition.code: Words(
            _("조건을 읽을 수 없어요({path}): {fault}"), _("조건의 형식을 문서와 견주어 보세요.")
        ),
        UnknownTrait.code: Words(_("그런 특성은 없어요({path}): {trait}"), _("특성의 이름을 확인하세요.")),
        UnfitOperator.code: Words(
            _("‘{op}’ 비교는 여기에 쓸 수 없어요({path})."), _("이 가운데 하나를 쓰세요: {fitting}")
        ),
        UnfitValue.code: Words(_("견줄 값이 맞지 않아요({path})."), _("이런 값이어야 해요: {needed}")),
        EmptyGroup.code: Words(
            _("묶음에 든 것이 모자라요({path})."), _("적어도 {least}개를 넣거나 묶음을 지우세요.")
        ),
        TooDeep.code: Words(
            _("묶음이 너무 깊이 겹쳤어요({path})."), _("{most}겹까지 쓸 수 있어요. 세그먼트로 나누어 보세요.")
        ),
        TooMany.code: Words(
            _("너무 많아요({path})."), _("{most}개까지 쓸 수 있어요. 세그먼트로 나누어 보세요.")
        ),
        NonsenseWindow.code: Words(
            _("기간이 비어 있어요({path})."), _("시작을 끝보다 앞으로 하고, 적어도 하나는 적으세요.")
        ),
        ConditionCycle.code: Words(
            _("세그먼트가 서로를 물어서 끝이 없어요: {path}"), _("고리에서 하나를 빼세요.")
        ),
        EngineGone.code: Words(
            _("분석 엔진({address})에 닿지 않아요: {reason}"),
            _("클러스터가 켜져 있는지 보세요. 그동안은 이 컴퓨터에서 계산해요."),
        ),
        NumberOutOfRange.code: Words(
            _("수가 범위를 벗어났어요({path}): {found}"), _("{least}부터 {most}까지 쓸 수 있어요.")
        ),
    }
)
