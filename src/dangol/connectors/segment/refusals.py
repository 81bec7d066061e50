"""What requests to the tracking API are refused with, in words."""

from django.utils.translation import gettext_lazy as _

from dangol.connectors.segment.errors import (
    BatchTooLarge,
    BatchTooLong,
    BodyNotJson,
    BrokenGzip,
    EncodingUnknown,
    UnknownCall,
)
from dangol.core.refusals import Words, register

register(
    {
        UnknownCall.code: Words(
            _("‘{action}’라는 호출은 없어요."),
            _("identify, track, page, screen, group, alias, batch, import 중에서 고르세요."),
        ),
        BodyNotJson.code: Words(
            _("본문이 JSON 객체가 아니거나, 배치에 `batch` 목록이 없어요."), _("보내는 내용을 확인하세요.")
        ),
        BrokenGzip.code: Words(_("gzip으로 묶었다는데 풀 수 없어요."), _("다시 묶거나, 묶지 않고 보내세요.")),
        EncodingUnknown.code: Words(
            _("‘{encoding}’(으)로 묶은 것은 풀 수 없어요."), _("gzip으로 묶거나, 묶지 않고 보내세요.")
        ),
        BatchTooLarge.code: Words(_("한 번에 {most}바이트까지 받아요."), _("활동을 나누어 보내세요.")),
        BatchTooLong.code: Words(
            _("한 번에 활동 {most}개까지 받는데 {events}개가 왔어요."), _("활동을 나누어 보내세요.")
        ),
    }
)
