"""What the ledger's refusals say, and what to do next."""

from django.utils.translation import gettext_lazy as _

from dangol.core.refusals import Words, register

register(
    {
        "points.insufficient": Words(
            _("쓸 수 있는 포인트가 모자라요: {requested:,}P가 필요한데 {available:,}P가 있어요."),
            _("{available:,}P까지 쓸 수 있어요."),
        ),
        "points.invalid": Words(
            _("포인트는 0보다 큰 정수여야 하고, 날짜는 순서가 맞아야 해요: {points}"),
            _("값을 고쳐서 다시 보내세요."),
        ),
        "points.invalid_key": Words(
            _("멱등 키가 비었거나, 너무 길거나, 원장이 쓰는 꼴이에요: {key}"),
            _("120자 안에서 다른 키를 쓰세요."),
        ),
        "points.key_reused": Words(
            _("같은 멱등 키가 다른 내용으로 다시 왔어요: {key}"),
            _("내용이 같으면 처음 그대로 보내고, 다른 일이면 새 키를 쓰세요."),
        ),
        "points.reversal_too_large": Words(
            _("되돌릴 수 있는 것보다 많아요: {requested:,}P를 되돌리려는데 {left:,}P가 남았어요."),
            _("{left:,}P까지 되돌릴 수 있어요."),
        ),
        "points.not_so_many": Words(
            _("한 번에 {most:,}명까지 할 수 있어요."), _("조건을 좁히거나 나눠서 하세요.")
        ),
        "points.nothing_to_move": Words(_("옮길 포인트가 없어요."), ""),
        "points.self_gift": Words(_("자기 자신에게는 선물할 수 없어요."), _("받을 회원을 고르세요.")),
        "points.unknown_currency": Words(
            _("‘{currency}’(이)라는 포인트는 없어요."), _("멤버십에 있는 포인트의 코드를 쓰세요.")
        ),
        "points.unknown_transfer": Words(
            _("되돌릴 포인트 내역이 이 고객에게 없어요: {transfer}"),
            _("내역의 번호와 고객이 맞는지 확인하세요."),
        ),
    }
)
