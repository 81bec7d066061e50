"""What access's refusals say, and what to do next."""

from django.utils.translation import gettext_lazy as _

from dangol.core.access.keys import KeyExpired, KeyRevoked, MissingRight, NoSuchKey, UnknownKey
from dangol.core.refusals import Words, register

register(
    {
        UnknownKey.code: Words(
            _("API 키가 없거나 맞지 않아요."),
            _("`Authorization: Bearer dg_test_…` 머리글에 키를 넣으세요."),
        ),
        KeyExpired.code: Words(_("API 키의 유효기간이 {expired_at}에 끝났어요."), _("새 키를 만드세요.")),
        KeyRevoked.code: Words(_("거둬들인 API 키예요."), _("새 키를 만드세요.")),
        MissingRight.code: Words(
            _("이 일을 할 권한({right})이 없어요."), _("권한이 있는 키를 쓰거나 주인에게 부탁하세요.")
        ),
        NoSuchKey.code: Words(_("그런 API 키는 없어요: {key}"), _("키 목록에서 다시 고르세요.")),
    }
)
