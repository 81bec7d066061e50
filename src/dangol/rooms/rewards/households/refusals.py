"""What the refusals about households say, and what to do next."""

from django.utils.translation import gettext_lazy as _

from dangol.core.refusals import Words, register

register(
    {
        "households.closed": Words(
            _("이 가게는 가족 포인트를 쓰지 않아요."), _("설정에서 켜면 쓸 수 있어요.")
        ),
        "households.unknown": Words(_("그런 가족은 없어요: {household}"), _("가족의 id를 확인하세요.")),
        "households.unknown_spending": Words(
            _("함께 쓴 기록이 없어요: {spending}"), _("기록의 id를 확인하세요.")
        ),
        "households.not_invited": Words(
            _("초대받지 않았거나 초대가 끝났어요."), _("가족 대표에게 다시 초대해 달라고 하세요.")
        ),
        "households.not_in_one": Words(_("가족에 들어 있지 않아요."), _("먼저 가족에 들어가세요.")),
        "households.in_one_already": Words(
            _("이미 가족에 들어 있어요."), _("한 번에 한 가족에만 들어요. 먼저 나오세요.")
        ),
        "households.leaves_points": Words(
            _("나오면 들어온 뒤에 쌓은 포인트 {points}점이 대표에게 가요."),
            _("그래도 나오려면 그렇다고 표시하고 다시 누르세요."),
        ),
        "households.not_their_own_yes": Words(
            _("함께 쓰겠다고 직접 답하지 않은 가족의 포인트는 하루에 {limit}P보다 적게만 써요."),
            _("그 가족이 휴대폰의 가족 화면에서 함께 쓰기를 누르거나, 덜 쓰세요."),
        ),
        "households.full": Words(_("가족이 {most}명으로 꽉 찼어요."), _("누가 나오면 들어갈 수 있어요.")),
        "households.too_soon": Words(
            _("얼마 전에 가족에서 나와서 {from_day}부터 다시 들 수 있어요."),
            _("그날 뒤에 다시 하세요."),
            dates=("from_day",),
        ),
        "households.not_a_member": Words(_("회원만 가족에 들 수 있어요."), _("먼저 회원으로 가입하세요.")),
        "households.key_reused": Words(
            _("같은 멱등 키로 다른 포인트를 쓰려고 했어요."), _("다른 요청이면 새 키를 쓰세요.")
        ),
        "households.invalid": Words(_("가족 이름이 비었거나 너무 길어요."), _("1자에서 40자까지 적으세요.")),
        "households.invalid_settings": Words(
            _("설정 ‘{field}’이(가) 맞지 않아요({problem})."), _("그 값을 고쳐서 다시 저장하세요.")
        ),
        "households.settings_changed": Words(
            _("그 사이 {changed_by} 님이 설정을 고쳤어요."), _("다시 열고, 바뀐 것을 보고 고치세요.")
        ),
        "households.not_the_head": Words(
            _("가족 포인트는 대표만 써요."), _("대표가 쓰거나, 자기 포인트로 내세요.")
        ),
        "households.not_shared": Words(
            _("내 포인트를 함께 쓰지 않아서 가족 포인트를 쓸 수 없어요."),
            _("포인트를 함께 쓰기로 하면 쓸 수 있어요."),
        ),
        "households.pool_limit": Words(
            _("이번 달에 다른 가족의 포인트는 {left}P까지만 더 쓸 수 있어요."),
            _("덜 쓰거나, 자기 포인트로 내세요."),
        ),
    }
)
