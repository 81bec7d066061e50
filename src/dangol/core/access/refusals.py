"""What this floor's refusals say, and what to do next."""

from django.utils.translation import gettext_lazy as _

from dangol.core.access import key_drafts, staff_errors as errors
from dangol.core.access.errors import (
    AlreadyDecided,
    ApprovalOver,
    NobodyThere,
    NoSuchApproval,
    OwnDraft,
    OwnRequest,
    RequestReused,
    UnknownAsk,
)
from dangol.core.access.keys import KeyExpired, KeyRevoked, MissingRight, NoSuchKey, UnknownKey
from dangol.core.access.own_account import OwnAccount
from dangol.core.refusals import Words, register

register(
    {
        UnknownKey.code: Words(
            _("API 키가 없거나 맞지 않아요."),
            _("`Authorization: Bearer dg_test_…` 머리글에 키를 넣으세요."),
        ),
        KeyExpired.code: Words(
            _("API 키의 유효기간이 {expired_at}에 끝났어요."), _("새 키를 만드세요."), dates=("expired_at",)
        ),
        KeyRevoked.code: Words(_("거둬들인 API 키예요."), _("새 키를 만드세요.")),
        MissingRight.code: Words(
            _("이 일을 할 권한({right})이 없어요."), _("권한이 있는 키를 쓰거나 주인에게 부탁하세요.")
        ),
        NoSuchKey.code: Words(_("그런 API 키는 없어요: {key}"), _("키 목록에서 다시 고르세요.")),
        key_drafts.KeyNameUnfit.code: Words(
            _("키의 이름이 비었거나 {limit}자보다 길어요."),
            _("어느 프로그램의 키인지 알 수 있게 한 줄로 적으세요."),
        ),
        key_drafts.KeyScopesMissing.code: Words(
            _("권한을 하나도 고르지 않았어요."), _("이 키로 할 일을 하나 이상 고르세요.")
        ),
        key_drafts.KeyScopeUnknown.code: Words(
            _("‘{scope}’(이)라는 권한은 없어요."), _("목록에서 권한을 고르세요.")
        ),
        key_drafts.KeyLifetimeUnknown.code: Words(
            _("키의 유효기간을 알 수 없어요."), _("{known}일 가운데 하나나 끝없음을 고르세요.")
        ),
        key_drafts.KeyOutlivesMaker.code: Words(
            _("이 요청에 쓴 키는 {until}에 끝나서, 그보다 오래 가는 키를 만들 수 없어요."),
            _("더 짧은 기간을 고르거나, 키 화면에서 직접 만드세요."),
            dates=("until",),
        ),
        key_drafts.KeyOver.code: Words(_("{shown} 키는 이미 끝났거나 폐기됐어요."), _("새 키를 만드세요.")),
        errors.UnknownStaff.code: Words(
            _("‘{name}’(이)라는 아이디로 일하는 사람이 없어요."), _("직원 목록에서 아이디를 확인하세요.")
        ),
        errors.NameTaken.code: Words(
            _("‘{name}’은(는) 이미 다른 사람이 쓰는 아이디예요."), _("다른 아이디를 고르세요.")
        ),
        errors.NameUnfit.code: Words(
            _("아이디로 쓸 수 없는 글자가 있거나 너무 길어요."),
            _("글자, 숫자와 @ . + - _ 만으로 60자까지 쓰세요."),
        ),
        errors.UnknownRole.code: Words(_("‘{role}’(이)라는 역할은 없어요."), _("목록에서 역할을 고르세요.")),
        errors.UnknownStore.code: Words(_("{store}번 매장은 없어요."), _("목록에서 매장을 고르세요.")),
        errors.StoreUnfit.code: Words(
            _("매장은 매장 직원에게만 정할 수 있어요."), _("매장을 비우거나 역할을 매장 직원으로 바꾸세요.")
        ),
        errors.ReasonMissing.code: Words(
            _("이유가 비었거나 300자보다 길어요."), _("나중에 보는 사람이 알 수 있게 한 줄로 적으세요.")
        ),
        errors.OwnRole.code: Words(
            _("자기 역할은 스스로 바꿀 수 없어요."), _("다른 가게 주인에게 부탁하세요.")
        ),
        errors.LastOwner.code: Words(
            _("로그인할 수 있는 가게 주인이 아무도 남지 않아요."),
            _("다른 사람을 먼저 가게 주인으로 정하세요."),
        ),
        errors.Suspended.code: Words(_("지금은 멈춘 계정이에요."), _("먼저 다시 쓰게 하세요.")),
        errors.NotSuspended.code: Words(_("멈춘 계정이 아니에요.")),
        errors.LinkOver.code: Words(
            _("이 링크는 이미 썼거나 기한이 지났어요."), _("가게 주인에게 새 링크를 부탁하세요.")
        ),
        errors.TooManyAttempts.code: Words(
            _("너무 여러 번 틀려서 잠시 닫아 두었어요."), _("{minutes}분 뒤에 다시 해 보세요.")
        ),
        UnknownAsk.code: Words(
            _("이 버전이 모르는 종류의 요청이라 승인할 수 없어요: {kind}"),
            _("거절하거나, 이 요청을 만든 버전으로 올린 뒤 결정하세요."),
        ),
        NoSuchApproval.code: Words(
            _("그런 승인 요청은 없어요: {approval}"), _("승인 목록에서 다시 고르세요.")
        ),
        AlreadyDecided.code: Words(
            _("{name} 님이 이미 결정한 요청이에요."), _("승인 목록을 새로 열어 확인하세요.")
        ),
        ApprovalOver.code: Words(
            _("요청한 지 {days}일이 지나 더는 결정할 수 없어요."), _("필요하면 다시 요청하세요.")
        ),
        OwnRequest.code: Words(
            _("스스로 요청한 일은 스스로 결정할 수 없어요."), _("승인할 수 있는 다른 사람에게 부탁하세요.")
        ),
        OwnDraft.code: Words(
            _("초안을 쓰거나 고친 사람은 그 초안을 승인할 수 없어요."),
            _("초안을 고치지 않은 다른 사람에게 승인을 부탁하세요."),
        ),
        RequestReused.code: Words(
            _("같은 양식이 다른 내용으로 다시 왔어요."), _("양식을 새로 열어 다시 적어 주세요.")
        ),
        OwnAccount.code: Words(
            _("자기 멤버십에는 스스로 적립하거나 조정하거나 합치거나 승인할 수 없어요."),
            _("동료에게 부탁하세요."),
        ),
        NobodyThere.code: Words(_("그런 고객은 없어요: {customer_id}"), _("고객의 번호를 확인하세요.")),
    }
)
