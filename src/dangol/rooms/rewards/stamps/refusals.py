"""What the refusals about stamp cards say, and what to do next."""

from django.utils.translation import gettext_lazy as _

from dangol.core.refusals import Words, register

register(
    {
        "stamps.unknown_program": Words(
            _("그런 도장 카드는 없어요: {program}"), _("도장 카드의 id를 확인하세요.")
        ),
        "stamps.unknown_move": Words(
            _("이 회원에게 되돌릴 수 있는 그런 도장이 없어요: {move}"),
            _("판매로 찍힌 도장은 그 판매를 반품하거나 취소하면 돌아와요."),
        ),
        "stamps.invalid_program": Words(
            _("도장 카드의 ‘{field}’이(가) 맞지 않아요({problem})."), _("그 값을 고쳐서 다시 저장하세요.")
        ),
        "stamps.program_changed": Words(
            _("그 사이 다른 사람이 이 도장 카드를 고쳤어요."), _("다시 열고, 바뀐 것을 보고 고치세요.")
        ),
        "stamps.archived": Words(
            _("보관한 도장 카드에는 도장을 찍을 수 없어요."), _("다시 쓰려면 보관한 것을 꺼내세요.")
        ),
        "stamps.key_taken": Words(
            _("‘{key}’은(는) 다른 도장 카드가 쓰고 있어요."), _("다른 이름표를 정하세요.")
        ),
        "stamps.idempotency_key_reused": Words(
            _("같은 멱등 키가 다른 도장으로 다시 왔어요: {key}"),
            _("내용이 같으면 처음 그대로 보내고, 다른 일이면 새 키를 쓰세요."),
        ),
        "stamps.already_undone": Words(_("이 도장은 이미 되돌렸어요."), _("도장 내역을 확인하세요.")),
        "stamps.invalid_count": Words(
            _("도장은 한 번에 1개부터 {most}개까지 찍을 수 있어요."), _("개수를 고쳐서 다시 하세요.")
        ),
        "stamps.no_full_card": Words(_("줄 것이 남은 다 찬 카드가 없어요."), _("회원의 카드를 확인하세요.")),
        "stamps.not_so_many": Words(
            _("지금 카드에 도장이 그만큼 없어요: {left}개가 있어요."), _("{left}개까지 뺄 수 있어요.")
        ),
    }
)
