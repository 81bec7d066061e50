"""What this floor's refusals say, and what to do next."""

from django.utils.translation import gettext_lazy as _

from dangol.core.duties import errors
from dangol.core.refusals import Words, register

register(
    {
        errors.CheckpointMalformed.code: Words(
            _("열람 기록의 확인점 파일이 아니에요."), _("보관해 둔 파일이나 메일의 본문을 그대로 쓰세요.")
        ),
        errors.CheckpointForged.code: Words(
            _("확인점의 서명이 맞지 않아요. 서명한 뒤에 바뀌었어요."),
            _("다른 곳에 둔 사본과 견주어 보세요."),
        ),
        errors.CheckpointOfAnother.code: Words(
            _("다른 열쇠로 서명한 확인점이에요: {key}"),
            _("비밀 키를 바꾸기 전의 것이면 그때의 공개 키를 `--key`로 주세요."),
        ),
        errors.FolderUnusable.code: Words(
            _("확인점을 {folder}에 쓸 수 없어요: {reason}"),
            _("폴더와 권한을 확인하거나 DANGOL_CHECKPOINT_FOLDER를 바꾸세요."),
        ),
        errors.MonthOpen.code: Words(_("{month}은 아직 끝나지 않았어요."), _("달이 바뀐 뒤에 점검하세요.")),
        errors.MonthUnknown.code: Words(_("{month}에는 점검할 기록이 없어요."), _("목록에서 달을 고르세요.")),
        errors.AlreadyReviewed.code: Words(
            _("{month}은 {name} 님이 이미 점검했어요."), _("점검 목록을 새로 열어 확인하세요.")
        ),
        errors.RequestKindUnknown.code: Words(
            _("‘{kind}’(이)라는 요청은 없어요."), _("목록에서 요청의 종류를 고르세요.")
        ),
        errors.RequestDayUnfit.code: Words(
            _("요청이 온 날을 알 수 없어요."), _("오늘까지의 날, 지난 1년 안에서 고르세요.")
        ),
        errors.NoSuchRequest.code: Words(
            _("그런 열린 요청은 없어요: {request}"), _("요청 목록을 새로 열어 확인하세요.")
        ),
        errors.NotFulfilled.code: Words(
            _("요청이 온 뒤에 그 일을 한 기록이 없어요."),
            _("먼저 그 일을 하거나, 거절하고 이유를 적으세요."),
        ),
        errors.NoSuchIncident.code: Words(
            _("그런 유출 사고는 없어요: {incident}"), _("목록에서 다시 고르세요.")
        ),
        errors.IncidentFactUnfit.code: Words(
            _("적은 것에 빠졌거나 맞지 않는 칸이 있어요: {field}"),
            _("안 때는 지금까지, 사람 수는 0부터, 글은 500자까지 적으세요."),
        ),
        errors.IncidentMoved.code: Words(
            _("그사이 {name} 님이 먼저 적었어요."), _("화면을 새로 열어 확인하고 다시 적으세요.")
        ),
        errors.IncidentClosed.code: Words(
            _("이미 마친 사고예요."), _("더 알게 된 것이 있으면 새 사고로 적으세요.")
        ),
        errors.IncidentUntold.code: Words(
            _("아직 알려야 할 곳이 남아 마칠 수 없어요."), _("알리고 나서 알렸다고 적으세요.")
        ),
    }
)
