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
        "rewards.amounts_written": Words(
            _("적립과 등급의 금액을 이미 {currency}(으)로 고치거나 발행해서 통화를 바꾸지 않았어요."),
            _("그래도 바꾸려면 아래에 표시하고 저장한 다음, 금액을 새 통화로 다시 적으세요."),
        ),
        "rewards.draft_changed": Words(
            _("그 사이 {changed_by} 님이 초안을 고쳤어요."), _("초안을 다시 열고, 바뀐 것을 보고 고치세요.")
        ),
        "rewards.draft_exists": Words(
            _("{begun_by} 님이 시작한 초안이 이미 있어요."), _("그 초안을 이어서 고치거나 버리세요.")
        ),
        "rewards.draft_invalid": Words(
            _("초안에 맞지 않는 칸이 있어요."), _("problems에 적힌 칸을 고친 뒤 다시 발행하세요.")
        ),
        "rewards.draft_outdated": Words(
            _("초안을 시작한 뒤에 운영 중인 규칙이 바뀌었어요."),
            _("초안을 버리고 지금 규칙에서 다시 시작하세요."),
        ),
        "rewards.not_the_latest": Words(
            _("마지막 판({latest})만 되돌릴 수 있어요."),
            _("마지막 판을 되돌리거나, 초안에서 고쳐 발행하세요."),
        ),
        "rewards.nothing_to_publish": Words(
            _("초안이 운영 중인 규칙과 같아요."), _("바꿀 것을 고친 뒤 발행하세요.")
        ),
        "rewards.points_taken": Words(
            _("‘{currency}’ 포인트는 다른 멤버십이 이미 주고 있어요."), _("다른 코드를 쓰세요.")
        ),
        "rewards.too_many_programs": Words(
            _("멤버십은 {most}개까지 만들 수 있어요."), _("있는 멤버십의 규칙을 고쳐서 쓰세요.")
        ),
        "points.unknown_wallet": Words(
            _("‘{currency}’(이)라는 포인트는 없어요. 있는 포인트: {known}"),
            _("있는 포인트 가운데 하나를 쓰거나, currency를 비우세요."),
        ),
        "rewards.simulation_over": Words(
            _("이미 끝난 시뮬레이션이에요({state})."), _("새로 돌리려면 다시 시작하세요.")
        ),
        "rewards.starts_in_the_past": Words(
            _("지난 때부터 바꿀 수는 없어요."), _("active_from을 지금이나 그 뒤로 적으세요.")
        ),
        "rewards.unknown_draft": Words(_("초안이 없어요."), _("먼저 초안을 시작하세요.")),
        "rewards.unknown_program": Words(_("멤버십이 없어요."), _("먼저 멤버십을 만드세요.")),
        "rewards.unknown_rule": Words(_("그런 규칙은 없어요: {rule}"), _("규칙의 id를 확인하세요.")),
        "rewards.unknown_simulation": Words(
            _("그런 시뮬레이션은 없어요: {simulation}"), _("마지막 50개만 남아요. 새로 돌려 보세요.")
        ),
        "rewards.unknown_tier": Words(
            _("‘{tier}’(이)라는 등급은 없어요. 있는 등급: {known}"), _("멤버십의 등급 가운데 하나를 쓰세요.")
        ),
        "rewards.unknown_version": Words(_("그런 판은 없어요: {number}"), _("판의 번호를 확인하세요.")),
    }
)
