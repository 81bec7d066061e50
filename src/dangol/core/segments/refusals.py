"""What the refusals about traits, conditions and segments say, and what to do next."""

from django.utils.translation import gettext_lazy as _

from dangol.core.refusals import Words, register
from dangol.core.segments import services, told_names, told_results, traits
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

register(
    {
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
        NumberOutOfRange.code: Words(
            _("수가 범위를 벗어났어요({path}): {found}"), _("{least}부터 {most}까지 쓸 수 있어요.")
        ),
        services.EventNotAsked.code: Words(
            _("‘{event}’에 대해서는 물을 수 없어요."),
            _("다른 세그먼트에 있는지는 세그먼트 조건으로, 앱이 보낸 일은 그 이름으로 물으세요."),
        ),
        services.UnknownSegment.code: Words(
            _("‘{segment}’(이)라는 세그먼트는 없어요."), _("세그먼트 목록에서 고르세요.")
        ),
        services.SlugTaken.code: Words(
            _("‘{segment}’(이)라는 세그먼트가 이미 있어요."), _("다른 짧은 이름을 쓰세요.")
        ),
        services.NotASlug.code: Words(
            _("짧은 이름은 영문 소문자, 숫자, 붙임표로 40자까지예요."), _("예: lapsed-vips")
        ),
        services.NameMissing.code: Words(
            _("세그먼트에는 80자까지의 이름이 있어야 해요."), _("이름을 적고, 설명은 300자까지 쓰세요.")
        ),
        services.TooManySegments.code: Words(
            _("세그먼트가 이미 {most}개예요."), _("쓰지 않는 것을 보관하세요.")
        ),
        services.SegmentChanged.code: Words(
            _("그사이 다른 사람이 저장했어요."), _("새로 열어 확인하고 다시 고치세요.")
        ),
        services.SegmentInUse.code: Words(
            _("다른 세그먼트가 이것을 묻고 있어요: {segments}"), _("먼저 그 조건에서 빼세요.")
        ),
        services.SegmentAskedElsewhere.code: Words(
            _("이 세그먼트를 묻는 것이 있어요: {names}"),
            _("먼저 그 조건에서 빼거나, 쓰지 않는 것을 보관하세요."),
        ),
        traits.NotATraitName.code: Words(
            _("‘{name}’은(는) 속성 이름이 될 수 없어요."),
            _("글자(영문은 소문자), 숫자, 밑줄을 점으로 이어 64자까지 쓰세요."),
        ),
        traits.TraitProvided.code: Words(
            _("‘{name}’은(는) Dangol이 스스로 채우는 특성이라 밖에서 알려 줄 수 없어요."),
            _("app.처럼 다른 말로 시작하는 이름을 쓰세요."),
        ),
        traits.PersonalTrait.code: Words(
            _("‘{name}’은(는) 개인정보라서 특성으로 담지 않아요."),
            _("이름, 연락처, 생일은 회원 정보의 제 칸에 넣으세요. 주민등록번호와 카드번호는 보내지 마세요."),
        ),
        told_results.ResultOfAnotherKind.code: Words(
            _("세그먼트가 ‘{name}’을(를) {kind}(으)로 묻는데 모델의 값은 {given}이에요: {segments}"),
            _("그 세그먼트의 조건에서 빼거나 보관하면 다음 계산부터 값이 담겨요."),
        ),
        told_names.TraitNameUnfit.code: Words(
            _("‘{name}’(이)라는 이름으로는 담을 수 없어요."), _("글자와 숫자로 {most}자까지 쓰세요.")
        ),
        told_names.TooManyTraitNames.code: Words(
            _("앱이 알려준 속성이 이미 {most}가지여서 ‘{name}’은(는) 담지 않았어요."),
            _("속성 이름에 번호나 날짜를 넣지 마세요."),
        ),
        told_names.TraitNameTaken.code: Words(
            _("‘{name}’은(는) ‘{first}’와(과) 같은 속성({kept})이 되어서 담지 않았어요."),
            _("둘 가운데 한 이름으로만 보내세요."),
        ),
        traits.NotATraitValue.code: Words(
            _("‘{name}’의 값을 담을 수 없어요({reason})."),
            _("글은 500자, 목록은 100개까지, 때에는 시간대를 붙이세요."),
        ),
        traits.TraitOfAnotherKind.code: Words(
            _("‘{name}’은(는) 늘 {kind}였는데 이번에는 {given}이에요."), _("다른 이름을 쓰세요.")
        ),
    }
)
