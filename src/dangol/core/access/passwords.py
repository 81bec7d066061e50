"""Which passwords are refused: short ones, and ones that others are known to use. Nothing is asked of their
letters, and none grows old (NIST SP 800-63B, section 5.1.1.2; OWASP ASVS 5.0, V6.2)."""

from hashlib import sha1

import httpx
import structlog
from django.conf import settings
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

SHORTEST, LONGEST = 15, 128
SECONDS_TO_ANSWER = 2.0
_PREFIX = 5

log = structlog.get_logger()


class LengthValidator:
    """Takes passwords of 15 to 128 characters; longer ones would only cost time."""

    def validate(self, password: str, user: object = None) -> None:
        """Raise ValidationError for a shorter or a longer one."""
        if len(password) < SHORTEST:
            raise ValidationError(self.get_help_text(), code="password_too_short")
        if len(password) > LONGEST:
            words = _("비밀번호가 %(longest)s자보다 길어요.") % {"longest": LONGEST}
            raise ValidationError(words, code="password_too_long")

    def get_help_text(self) -> str:
        """Return what is asked, in words."""
        return _("%(shortest)s자 이상 적어 주세요. 낱말 서너 개를 이어 쓰면 외우기 쉬워요.") % {
            "shortest": SHORTEST
        }


class KnownPasswordValidator(CommonPasswordValidator):
    """Refuses the twenty thousand passwords that people use most, from a list in Django's own wheel."""

    def get_error_message(self) -> str:
        """Return why not, in words."""
        return _("많은 사람이 쓰는 비밀번호라 금방 알아맞혀요.")

    def get_help_text(self) -> str:
        """Return what is asked, in words."""
        return _("흔한 비밀번호는 쓸 수 없어요.")


class BreachedPasswordValidator:
    """Refuses passwords that leaked elsewhere, by asking a service, if one is named, about part of a hash.

    The service is of the kind of Pwned Passwords: told the first five digits of a hash, it answers with the
    rest of all that begin so, and learns nothing else (k-anonymity). Where it does not answer in time, the
    password is taken and the log says so.
    """

    def validate(self, password: str, user: object = None) -> None:
        """Raise ValidationError for one that leaked."""
        if settings.BREACHED_PASSWORDS_URL and self._is_known(password):
            raise ValidationError(
                _("다른 곳에서 새어 나간 적이 있는 비밀번호예요."), code="password_breached"
            )

    def get_help_text(self) -> str:
        """Return what is asked, in words."""
        return _("새어 나간 적이 있는 비밀번호는 쓸 수 없어요.")

    def _is_known(self, password: str) -> bool:
        # SHA-1 is what the service speaks; it protects nothing here.
        digest = sha1(password.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest().upper()
        address = f"{settings.BREACHED_PASSWORDS_URL.rstrip('/')}/{digest[:_PREFIX]}"
        try:
            answer = httpx.get(
                address, headers={"Add-Padding": "true"}, timeout=SECONDS_TO_ANSWER, follow_redirects=False
            ).raise_for_status()
        except httpx.HTTPError as error:
            log.warning("passwords.not_compared", reason=type(error).__name__)
            return False
        lines = (line.partition(":") for line in answer.text.splitlines())
        # Lines that only pad the answer count nothing.
        return any(
            rest == digest[_PREFIX:] and count.strip() not in ("", "0") for rest, _colon, count in lines
        )
