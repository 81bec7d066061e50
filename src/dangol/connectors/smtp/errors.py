"""What is refused of a mail server that somebody types in. `field` names the box."""

from dangol.domain.errors import DomainError


class HostUnfit(DomainError):
    """That is no name of a mail server (`field`)."""

    code = "smtp.host_unfit"


class PortUnfit(DomainError):
    """A port is a whole number from 1 to 65535 (`field`)."""

    code = "smtp.port_unfit"


class TlsUnfit(DomainError):
    """Mail goes without TLS to this very machine only, and by one of the known ways to others (`field`)."""

    code = "smtp.tls_unfit"


class UserUnfit(DomainError):
    """A user and a password come together or not at all, and hold no line breaks (`field`)."""

    code = "smtp.user_unfit"


class PasswordWanted(DomainError):
    """The kept password goes to the server and user it was given for only; for others it is typed again."""

    code = "smtp.password_wanted"


class SenderUnfit(DomainError):
    """That is no address mail can come from (`field`)."""

    code = "smtp.sender_unfit"


class SetElsewhere(DomainError):
    """The environment says which mail server is used (`DANGOL_SMTP_URL`): what is kept would not count."""

    code = "smtp.set_elsewhere"
