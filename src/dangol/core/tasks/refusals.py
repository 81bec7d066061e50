"""What the refusals about jobs say, and what to do next."""

from django.utils.translation import gettext_lazy as _

from dangol.core.refusals import Words, register

register(
    {
        "task.key_reused": Words(
            _("같은 키로 다른 일을 맡기려고 해요: {key}"), _("일이 다르면 키도 다르게 하세요.")
        ),
    }
)
