"""Who is told that it stands otherwise with a webhook's endpoint."""

from dangol.core.events.webhooks.watching import Watcher
from dangol.core.messaging.staff_mail import tell_owners

WATCHERS: list[Watcher] = [tell_owners]
