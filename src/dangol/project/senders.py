"""Who carries messages, of each channel the first one that is configured."""

from django.conf import settings

from dangol.connectors.smtp.sender import MailSender
from dangol.core.messaging.senders import Sender
from dangol.core.messaging.sink import Sink

SENDERS: list[Sender] = [MailSender(settings.SMTP_SERVER, settings.MAIL_FROM), Sink()]
