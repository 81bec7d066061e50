"""What the refusals about referrals say, and what to do next."""

from django.utils.translation import gettext_lazy as _

from dangol.core.refusals import Words, register

register(
    {
        "referrals.unknown_program": Words(
            _("그런 추천 프로그램은 없어요: {program}"), _("추천 프로그램의 id를 확인하세요.")
        ),
        "referrals.unknown": Words(_("그런 추천은 없어요: {referral}"), _("추천의 id를 확인하세요.")),
        "referrals.unknown_code": Words(
            _("그런 추천 코드가 없어요."), _("친구에게 받은 코드를 다시 확인해서 적어 주세요.")
        ),
        "referrals.invalid_program": Words(
            _("추천 프로그램의 ‘{field}’이(가) 맞지 않아요({problem})."), _("그 값을 고쳐서 다시 저장하세요.")
        ),
        "referrals.program_changed": Words(
            _("그 사이 다른 사람이 이 추천 프로그램을 고쳤어요."), _("다시 열고, 바뀐 것을 보고 고치세요.")
        ),
        "referrals.program_open": Words(
            _("이미 친구를 받는 추천 프로그램이 있어요."),
            _("그것을 먼저 보관하세요. 약속한 것은 그대로 줘요."),
        ),
        "referrals.no_program": Words(
            _("지금은 친구 추천을 받지 않아요."), _("추천 프로그램을 열면 받을 수 있어요.")
        ),
        "referrals.not_a_member": Words(
            _("회원만 친구를 추천하거나 추천받을 수 있어요."), _("먼저 회원으로 가입하세요.")
        ),
        "referrals.already_told": Words(
            _("이미 다른 추천 코드를 적었어요."), _("추천 코드는 한 번만 적을 수 있고 바꿀 수 없어요.")
        ),
        "referrals.too_late": Words(
            _("가입하고 {days}일까지만 추천 코드를 적을 수 있어요."), _("다음에는 가입할 때 적어 주세요.")
        ),
        "referrals.not_new": Words(
            _("추천 코드는 처음 오신 분만 쓸 수 있어요."), _("전에 사거나 가입한 적이 있으면 쓸 수 없어요.")
        ),
        "referrals.same_person": Words(
            _("자기 자신은 추천할 수 없어요."), _("다른 사람의 추천 코드를 적어 주세요.")
        ),
        "referrals.circular": Words(
            _("내 추천으로 가입한 친구의 코드는 쓸 수 없어요."), _("다른 사람의 추천 코드를 적어 주세요.")
        ),
        "referrals.nothing_to_decide": Words(
            _("이 추천은 결정을 기다리지 않아요(지금: {state})."), _("추천의 내역을 확인하세요.")
        ),
        "referrals.too_many_guesses": Words(
            _("추천 코드를 여러 번 잘못 적었어요. {seconds}초 뒤에 다시 할 수 있어요."),
            _("친구에게 받은 코드를 확인하세요."),
        ),
    }
)
