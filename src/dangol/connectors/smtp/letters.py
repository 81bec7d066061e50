"""A letter as mail: RFC 5322, plain text and the same in HTML, with an id that is the same at each try."""

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime

from dangol.core.messaging.senders import Letter


def message_id(letter: Letter, sender: Address) -> str:
    """Return the letter's Message-ID: by it a mailbox that gets it twice can tell."""
    return f"<{letter.id.hex()}@{sender.domain}>"


def build(letter: Letter, sender: Address, *, international: bool) -> bytes:
    """Return the bytes of a letter; `international` where the server takes UTF-8 in headers (RFC 6532)."""
    mail = EmailMessage(policy=SMTPUTF8 if international else SMTP)
    mail["Message-ID"] = message_id(letter, sender)
    mail["Date"] = format_datetime(letter.made_at)
    mail["From"] = sender
    mail["To"] = letter.to
    mail["Subject"] = letter.subject
    mail["Content-Language"] = letter.language
    # A machine wrote it: no machine is to answer it (RFC 3834).
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    mail.set_content(letter.text, charset="utf-8")
    if letter.html:
        mail.add_alternative(letter.html, subtype="html", charset="utf-8")
    return mail.as_bytes()
