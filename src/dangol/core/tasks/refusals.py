"""What the refusals about jobs say, and what to do next."""

from django.utils.translation import gettext_lazy as _

from dangol.core.refusals import Words, register

register(
    {
        "task.key_reused": Words(
            _("같은 키로 다른 일을 맡기려고 해요: {key}"), _("일이 다르면 키도 다르게 하세요.")
        ),
        "task.unknown_job": Words(_("그런 할 일은 없어요: {job}"), _("끝난 일은 30일 동안만 남아 있어요.")),
        "space.unknown": Words(
            _("‘{space}’라는 시험 공간은 없어요."), _("`dangol init --space {space}`으로 만드세요.")
        ),
        "space.invalid_name": Words(
            _("‘{space}’은(는) 시험 공간의 이름이 될 수 없어요."),
            _("영문 소문자와 숫자로 2자에서 20자까지, live가 아닌 이름을 고르세요."),
        ),
        "clock.of_the_shop": Words(
            _("가게의 시계는 옮길 수 없어요."), _("시험 키(dg_test_…)나 시험 공간에서 쓰세요.")
        ),
        "clock.not_a_span": Words(
            _("‘{given}’은(는) 시간의 길이가 아니에요."), _("90m, 12h, 30d, 2w처럼 적으세요(백 년까지).")
        ),
        "clock.backwards": Words(
            _("시계를 {now}에서 {wanted}으로 되돌릴 수 없어요."),
            _("더 늦은 때를 적거나 새 시험 공간을 만드세요."),
        ),
    }
)
