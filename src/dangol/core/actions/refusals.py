"""What the catalog's refusals say, and what to do next."""

from django.utils.translation import gettext_lazy as _

from dangol.core.refusals import Words, register

register(
    {
        "actions.invalid_key": Words(
            _("중복 방지 키가 비었거나 {longest}자보다 길어요."), _("요청마다 다른 짧은 키를 쓰세요.")
        ),
        "actions.invalid_payload": Words(
            _("동작 ‘{action}’의 내용이 맞지 않아요: {problem}"), _("그 값을 고쳐서 다시 보내세요.")
        ),
        "actions.key_reused": Words(
            _("중복 방지 키 ‘{key}’은(는) 이미 다른 요청에 쓰였어요."), _("새 요청에는 새 키를 쓰세요.")
        ),
        "actions.unknown": Words(_("‘{action}’(이)라는 동작은 없어요. 있는 동작: {known}")),
    }
)
