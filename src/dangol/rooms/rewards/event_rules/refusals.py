"""What the refusals about event rules say, and what to do next."""

from django.utils.translation import gettext_lazy as _

from dangol.core.refusals import Words, register

register(
    {
        "event_rules.unknown": Words(_("그런 적립 활동은 없어요: {rule}"), _("적립 활동의 id를 확인하세요.")),
        "event_rules.unknown_version": Words(
            _("적립 활동에 {number}판이 없어요."), _("지난 판에서 고르세요.")
        ),
        "event_rules.unknown_trial": Words(
            _("그런 시험은 없어요: {trial}"), _("적립 활동마다 마지막 20개만 남아요. 다시 시험해 보세요.")
        ),
        "event_rules.invalid": Words(
            _("적립 활동의 ‘{field}’이(가) 맞지 않아요({problem})."), _("그 값을 고쳐서 다시 저장하세요.")
        ),
        "event_rules.no_draft": Words(
            _("이 적립 활동에는 초안이 없어요."), _("고친 다음에 다시 발행하세요.")
        ),
        "event_rules.draft_changed": Words(
            _("그 사이 {changed_by} 님이 이 초안을 고쳤어요."), _("다시 열고, 바뀐 것을 보고 고치세요.")
        ),
        "event_rules.nothing_to_publish": Words(
            _("초안이 지금 발행된 것과 같아요."), _("바꿀 것이 없으면 초안을 버리세요.")
        ),
        "event_rules.nothing_published": Words(
            _("한 번도 발행하지 않은 적립 활동의 초안은 버릴 수 없어요."), _("필요 없으면 보관하세요.")
        ),
        "event_rules.archived": Words(
            _("보관한 적립 활동은 고칠 수 없어요."), _("보관함에서 꺼낸 다음에 하세요.")
        ),
        "event_rules.too_many": Words(
            _("적립 활동은 {most}개까지 둘 수 있어요."), _("안 쓰는 것을 보관하세요.")
        ),
        "event_rules.no_program": Words(
            _("포인트를 주려면 멤버십이 있어야 해요."), _("멤버십을 먼저 만들고 발행하세요.")
        ),
        "event_rules.trial_over": Words(
            _("시험이 이미 끝났어요({state})."), _("결과를 보거나 다시 시험해 보세요.")
        ),
    }
)
