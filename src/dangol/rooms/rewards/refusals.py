"""What the refusals of the program say, and what to do next."""

from django.utils.translation import gettext_lazy as _

from dangol.core.refusals import Words, register

register(
    {
        "rewards.already_over": Words(
            _("등급 ‘{tier}’이(가) 끝나는 때가 시작하는 때보다 늦지 않아요."), _("끝나는 날을 고치세요.")
        ),
        "rewards.invalid_rule": Words(
            _("규칙의 ‘{field}’이(가) 맞지 않아요({problem})."), _("그 값을 고쳐서 다시 저장하세요.")
        ),
        "rewards.unknown_program": Words(_("멤버십이 없어요."), _("먼저 멤버십을 만드세요.")),
        "rewards.unknown_tier": Words(
            _("‘{tier}’(이)라는 등급은 없어요. 있는 등급: {known}"), _("멤버십의 등급 가운데 하나를 쓰세요.")
        ),
    }
)
