"""What CloudEvents are refused with, in words."""

from django.utils.translation import gettext_lazy as _

from dangol.connectors.cloudevents.errors import (
    AttributeUnfit,
    CloudBatchTooLong,
    DataUnreadable,
    EventsNotJson,
    MediaTypeUnknown,
)
from dangol.core.refusals import Words, register

register(
    {
        EventsNotJson.code: Words(
            _("본문이 JSON 객체가 아니거나, 배치가 객체의 목록이 아니에요."), _("보내는 내용을 확인하세요.")
        ),
        MediaTypeUnknown.code: Words(
            _("CloudEvents의 형식을 알 수 없어요: {type}"),
            _("Content-Type을 application/cloudevents+json으로 하거나, ce-로 시작하는 헤더를 보내세요."),
        ),
        AttributeUnfit.code: Words(
            _("‘{field}’이(가) 없거나 맞지 않아요({why})."),
            _("CloudEvents 1.0대로 id, source, specversion “1.0”, type을 보내세요."),
        ),
        DataUnreadable.code: Words(
            _("‘{field}’의 데이터를 읽을 수 없어요."), _("데이터를 그 종류대로 보내세요.")
        ),
        CloudBatchTooLong.code: Words(
            _("한 번에 활동 {most}개까지 받는데 {events}개가 왔어요."), _("활동을 나누어 보내세요.")
        ),
    }
)
