"""What the pages' own refusals say, and what to do next."""

from django.utils.translation import gettext_lazy as _

from dangol.core.refusals import Words, register

register(
    {
        "members.nobody_chosen": Words(
            _("고른 회원이 없어요."), _("목록에서 회원을 고르거나, 이 쪽이나 조건에 맞는 모두를 고르세요.")
        ),
        "members.too_many_chosen": Words(
            _("한 번에 {most:,}명까지 할 수 있어요."), _("조건을 좁히거나 나눠서 하세요.")
        ),
        "web.passphrase_over": Words(
            _("암호를 보여 드린 지 한 시간이 지났거나, 이 화면에 보여 드린 암호가 아니에요."),
            _("지금 보이는 새 암호를 적어 두고 다시 내려받으세요."),
        ),
        "views.bad_name": Words(
            _("보기 이름이 비었거나 {longest}자보다 길어요."), _("짧은 이름을 적어 주세요.")
        ),
        "views.nothing_filtered": Words(
            _("저장할 조건이 없어요."), _("목록에서 등급, 날짜나 순서를 고른 뒤에 저장하세요.")
        ),
        "views.name_taken": Words(_("‘{name}’ 보기가 이미 있어요."), _("다른 이름을 적어 주세요.")),
        "views.too_many": Words(
            _("보기는 한 사람이 {most}개까지 저장할 수 있어요."), _("안 쓰는 보기를 지우고 다시 해 보세요.")
        ),
        "views.unknown": Words(_("이 보기는 없거나, 다른 직원의 보기예요.")),
    }
)
