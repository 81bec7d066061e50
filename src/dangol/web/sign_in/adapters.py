"""What django-allauth asks of us: who may come in, in which words, and where secrets are kept."""

import os
import time
from base64 import b64decode, b64encode
from io import BytesIO
from typing import Any

import segno
from allauth.account import app_settings as account_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ImproperlyConfigured, PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _, gettext_lazy as lazy

from dangol.core.access.attempts import Subject, begin_attempt, end_attempt
from dangol.core.access.selectors import find_staff_number
from dangol.core.access.sessions import Outcome, end_sessions_of, record_sign_in
from dangol.core.access.staff_errors import TooManyAttempts
from dangol.core.people.data_keys import shared_key
from dangol.core.people.models import Staff
from dangol.core.people.selectors import find_shop
from dangol.core.refusals import explain
from dangol.core.storage.ids import parse_id
from dangol.project.clock import now
from dangol.web.guard import SESSION
from dangol.web.sign_in.origins import origin_of

FACTOR_KEY = "staff-factors"
_NONCE = 12


def attempt_key(request: HttpRequest, account: str) -> dict[Subject, str]:
    """Return whose failures are counted where someone tries to come in to an account."""
    return {Subject.ACCOUNT: account, Subject.ADDRESS: origin_of(request).address}


def too_many(error: TooManyAttempts) -> ValidationError:
    """Return the refusal of a form, in words that are the same whether the account exists or not."""
    return ValidationError(" ".join(explain(error)), code="too_many_attempts")


class AccountAdapter(DefaultAccountAdapter):
    """Accounts are made by invitation only, failures are counted, and every session has a row of ours."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": lazy("아이디나 비밀번호가 달라요. 다시 적어 볼까요?"),
        "incorrect_password": lazy("지금 쓰는 비밀번호와 달라요."),
        "enter_current_password": lazy("지금 쓰는 비밀번호와 달라요."),
        "too_many_login_attempts": lazy("너무 여러 번 틀려서 잠시 닫아 두었어요."),
    }

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the address the outermost of our proxies wrote down, else the one that is connected.

        Fewer entries than proxies come from someone who has passed one by: what they wrote themselves is
        not believed.
        """
        try:
            return str(super().get_client_ip(request))
        except (ImproperlyConfigured, PermissionDenied):
            return str(request.META["REMOTE_ADDR"])

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs up."""
        return False

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        """Return whose name and password these are; raises ValidationError where it was tried too often.

        Someone suspended is answered like someone whose password is wrong.
        """
        username, at = str(credentials.get("username", "")), now()
        counted = attempt_key(request, username)
        told: dict[str, Any] = {
            "staff": find_staff_number(username), "how": "password", "origin": origin_of(request), "at": at,
        }  # fmt: skip
        try:
            begin_attempt(counted, at=at)
        except TooManyAttempts as error:
            record_sign_in(Outcome.LOCKED, **told)
            raise too_many(error) from None
        user = authenticate(request, **credentials)
        if user is None:
            record_sign_in(Outcome.FAILED, **told)
        else:
            end_attempt(counted)
        return user

    def set_password(self, user: AbstractBaseUser, password: str) -> None:
        """Set a new password and end all other sessions of this person."""
        user.set_password(password)
        user.save(update_fields=["password"])
        here = context.request.session.get(SESSION)
        end_sessions_of(user.pk, at=now(), but=parse_id(here) if here else None)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Lead back to one's own account."""
        return reverse("web:account")

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Ask again unless someone has shown who they are in the last minutes; signing in counts."""
        request = context.request
        shown = [one["at"] for one in get_authentication_records(request, request.user)]
        return not shown or time.time() - max(shown) > account_settings.REAUTHENTICATION_TIMEOUT

    def respond_user_inactive(self, request: HttpRequest, user: AbstractBaseUser) -> HttpResponse:
        """Answer someone suspended who came with a passkey like someone whose passkey is unknown."""
        return HttpResponseRedirect(f"{reverse('account_login')}?passkey=failed")


class FactorAdapter(DefaultMFAAdapter):
    """Second factors: secrets are sealed, and the last factor stays where one is required."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "cannot_delete_authenticator": lazy(
            "하나 남은 두 번째 인증은 없앨 수 없어요. 다른 것을 먼저 더하세요."
        ),
        "cannot_generate_recovery_codes": lazy("두 번째 인증을 먼저 더하세요."),
        "incorrect_code": lazy("코드가 맞지 않아요. 새로 나온 코드를 적어 주세요."),
    }

    def get_totp_issuer(self) -> str:
        """Return what the authenticator app shows beside the name."""
        shop = find_shop()
        return _("단골 · %(shop)s") % {"shop": shop.name} if shop else _("단골")

    def _get_site_name(self) -> str:
        return self.get_totp_issuer()

    def build_totp_svg(self, url: str) -> str:
        """Return the QR code as a picture."""
        drawn = BytesIO()
        segno.make(url, error="m").save(drawn, kind="svg", scale=4, dark="#161d28", light="#ffffff")
        return drawn.getvalue().decode()

    def encrypt(self, text: str) -> str:
        """Seal a secret under a key of the key store."""
        nonce = os.urandom(_NONCE)
        sealed = AESGCM(shared_key(FACTOR_KEY)).encrypt(nonce, text.encode(), FACTOR_KEY.encode())
        return b64encode(nonce + sealed).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Open a sealed secret."""
        blob = b64decode(encrypted_text)
        key = AESGCM(shared_key(FACTOR_KEY))
        return key.decrypt(blob[:_NONCE], blob[_NONCE:], FACTOR_KEY.encode()).decode()

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Say whether a factor may go: the last one may not where one is required."""
        if not settings.MFA_REQUIRED:
            return True
        others = Authenticator.objects.filter(user_id=authenticator.user_id).exclude(pk=authenticator.pk)
        return bool(others.exclude(type=Authenticator.Type.RECOVERY_CODES).exists())

    def generate_authenticator_name(self, user: AbstractBaseUser, type: Authenticator.Type) -> str:  # noqa: A002 - allauth names it so
        """Return what a new passkey is called until its owner renames it."""
        assert isinstance(user, Staff)
        count = Authenticator.objects.filter(user=user, type=type).count()
        return _("패스키 %(number)s") % {"number": count + 1}
