"""Codes of a second factor: guesses are counted, and a code is good once."""

from typing import Any

from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from django.core.cache import cache
from django.core.exceptions import ValidationError

from dangol.core.access.attempts import begin_attempt, end_attempt
from dangol.core.access.sessions import Outcome, record_sign_in
from dangol.core.access.staff_errors import TooManyAttempts
from dangol.project.clock import now
from dangol.web.sign_in.adapters import attempt_key, too_many
from dangol.web.sign_in.origins import origin_of

# A code of an authenticator app is taken for half a minute before and after its own.
_CODE_LIVES_SECONDS = 120


class _Counted(AuthenticateForm):
    """A code that is counted apart from passwords: a right password must not forget wrong codes."""

    def clean_code(self) -> str:
        """Return a code that is right and fresh; raises ValidationError."""
        request, at = context.request, now()
        counted = attempt_key(request, f"code\0{self.user.pk}")
        told: dict[str, Any] = {
            "staff": self.user.pk, "how": "code", "origin": origin_of(request), "at": at,
        }  # fmt: skip
        try:
            begin_attempt(counted, at=at)
        except TooManyAttempts as error:
            record_sign_in(Outcome.LOCKED, **told)
            raise too_many(error) from None
        try:
            code: str = super().clean_code()
            if not cache.add(f"dangol.code:{self.user.pk}:{code}", 1, timeout=_CODE_LIVES_SECONDS):
                raise get_adapter().validation_error("incorrect_code")
        except ValidationError:
            record_sign_in(Outcome.FAILED, **told)
            raise
        end_attempt(counted)
        return code


class CodeForm(_Counted):
    """The code after the password."""


class CodeAgainForm(_Counted, ReauthenticateForm):
    """The code before something that matters."""

    save = ReauthenticateForm.save
    _emit_authentication_failed = ReauthenticateForm._emit_authentication_failed
