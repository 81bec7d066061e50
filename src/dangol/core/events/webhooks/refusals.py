"""What the refusals about webhooks say, and what to do next."""

from django.utils.translation import gettext_lazy as _

from dangol.core.events.webhooks import errors
from dangol.core.refusals import Words, register

register(
    {
        errors.EndpointUnknown.code: Words(
            _("그런 웹훅 엔드포인트가 없어요: {endpoint}"), _("웹훅 화면에서 있는 것을 고르세요.")
        ),
        errors.DeliveryUnknown.code: Words(
            _("이 엔드포인트로 보낸 메시지가 아니거나, 이제 남아 있지 않아요: {message}"),
            _("30일 안에 보낸 것만 다시 보낼 수 있어요."),
        ),
        errors.EndpointDisabled.code: Words(
            _("꺼져 있는 엔드포인트예요: {endpoint}"), _("먼저 다시 켜세요. 그다음 놓친 것을 다시 보내세요.")
        ),
        errors.TooManyEndpoints.code: Words(
            _("엔드포인트는 {limit}개까지 만들 수 있어요."), _("쓰지 않는 것을 지우세요.")
        ),
        errors.UrlMalformed.code: Words(
            _("‘url’로 쓸 수 없는 주소예요: {url}"),
            _("https://로 시작하고 포트 번호, 사용자 이름, #이 없는 주소를 적으세요."),
        ),
        errors.UrlNotPublic.code: Words(
            _("‘url’이 인터넷에서 열린 주소가 아니에요: {url}"),
            _("공개된 주소를 적으세요. 개발 중이라면 `dangol listen`을 쓰세요."),
        ),
        errors.EventUnknown.code: Words(
            _("그런 활동은 없어요: {name}"), _("이름을 모두 보려면 `dangol trigger`를 실행하세요.")
        ),
        errors.DescriptionTooLong.code: Words(
            _("‘description’이 {limit}자를 넘거나 쓸 수 없는 글자가 있어요."), _("더 짧게 적으세요.")
        ),
        errors.SignatureUnknown.code: Words(
            _("그런 서명 방식은 없어요(‘signature’): {signature}"), _("다음 중 하나를 쓰세요: {known}")
        ),
        errors.OverlapOutOfRange.code: Words(
            _("두 비밀을 함께 쓰는 시간(‘overlap’)이 맞지 않아요."),
            _("0에서 {longest_hours}시간까지로 하세요."),
        ),
        errors.PeriodBackwards.code: Words(
            _("기간의 끝(‘until’)이 시작(‘since’)보다 빨라요."), _("두 시각을 바꿔 적으세요.")
        ),
        errors.SecretMalformed.code: Words(
            _("웹훅 비밀의 꼴이 아니에요."),
            _("whsec_ 뒤에 24~64바이트, whpk_ 뒤에 32바이트를 base64로 적은 것이어야 해요."),
        ),
        errors.HeaderMissing.code: Words(
            _("‘{header}’ 헤더가 없거나 읽을 수 없어요."),
            _("Standard Webhooks의 헤더 세 개를 받은 그대로 보내세요."),
        ),
        errors.TimestampTooFar.code: Words(
            _("서명한 시각이 지금과 {seconds}초 달라요. {tolerance}초까지 받아요."),
            _("보내는 쪽과 받는 쪽의 시계를 맞추세요."),
        ),
        errors.SignatureWrong.code: Words(
            _("서명이 맞지 않아요."), _("비밀이 맞는지, 본문을 받은 그대로 확인했는지 보세요.")
        ),
    }
)
