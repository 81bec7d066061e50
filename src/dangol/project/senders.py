"""Who carries messages, of each channel the first one that is configured."""

from django.conf import settings

from dangol.connectors.smtp.sender import SmtpSender
from dangol.core.messaging.senders import Sender
from dangol.core.messaging.sink import Sink

SENDERS: list[Sender] = [SmtpSender(settings.SMTP_SERVER, settings.MAIL_FROM), Sink()]
