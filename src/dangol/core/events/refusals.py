"""What the refusals about the timeline say, and what to do next."""

from django.utils.translation import gettext_lazy as _

from dangol.core.events.feed import UnknownEvent
from dangol.core.refusals import Words, register

register({UnknownEvent.code: Words(_("그런 활동은 없어요: {event}"), _("활동의 id를 확인하세요."))})
