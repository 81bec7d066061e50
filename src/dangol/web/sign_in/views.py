"""allauth's views where ours differ: what a page is told besides, and where it leads."""

from typing import Any

from allauth.account.models import Login
from allauth.account.utils import get_next_redirect_url
from allauth.account.views import LoginView
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.webauthn.internal.flows import perform_passwordless_login
from allauth.mfa.webauthn.views import AddWebAuthnView, LoginWebAuthnView, RemoveWebAuthnView
from django.conf import settings
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse, reverse_lazy
from django.views.decorators.http import require_POST

from dangol.core.access.sessions import Outcome, record_sign_in
from dangol.project.clock import now
from dangol.web.sign_in.leaving import leave
from dangol.web.sign_in.origins import origin_of
from dangol.web.sign_in.passkeys import passkeys_work


class SignInView(LoginView):
    """Name and password, or a passkey."""

    template_name = "web/sign_in.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add whether a passkey was refused, and whether this address can have any."""
        told: dict[str, Any] = super().get_context_data(**kwargs)
        return told | {
            "passkey_failed": self.request.GET.get("passkey") == "failed",
            "passkeys_work": passkeys_work(self.request),
            "next": get_next_redirect_url(self.request) or "",
        }


class PasskeyView(LoginWebAuthnView):
    """Coming in by a passkey alone."""

    def form_valid(self, form: Form) -> HttpResponse:
        """Let its owner in, and lead where they were going."""
        authenticator = form.cleaned_data["credential"]
        login = Login(user=authenticator.user, redirect_url=get_next_redirect_url(self.request))
        answer: HttpResponse = perform_passwordless_login(self.request, authenticator, login)
        return answer

    def form_invalid(self, form: Form) -> HttpResponse:
        """Write the failure down and lead back to the sign-in page, which says so."""
        record_sign_in(Outcome.FAILED, staff=None, how="passkey", origin=origin_of(self.request), at=now())
        return HttpResponseRedirect(f"{reverse('account_login')}?passkey=failed")


class CodeView(AuthenticateView):
    """The second factor after the password."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add what this person has to show."""
        told: dict[str, Any] = super().get_context_data(**kwargs)
        kinds = set(self.stage.login.user.authenticator_set.values_list("type", flat=True))
        return told | {"has_passkey": "webauthn" in kinds, "has_app": "totp" in kinds}


class AddPasskeyView(AddWebAuthnView):
    """Adding a passkey."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add whether this address can have any."""
        told: dict[str, Any] = super().get_context_data(**kwargs)
        return told | {"passkeys_work": passkeys_work(self.request), **kwargs}


class RemovePasskeyView(RemoveWebAuthnView):
    """Removing a passkey, unless it is the last second factor of someone who must have one."""

    success_url = reverse_lazy("web:account")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add whether it may go."""
        told: dict[str, Any] = super().get_context_data(**kwargs)
        return told | {"may_go": get_adapter().can_delete_authenticator(self.object)}

    def form_valid(self, form: Form) -> HttpResponse:
        """Remove it, or say why not."""
        if not get_adapter().can_delete_authenticator(self.object):
            refused: HttpResponse = self.render_to_response(self.get_context_data(form=form), status=422)
            return refused
        answer: HttpResponse = super().form_valid(form)
        return answer


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End this session, or leave a sign-in half-way."""
    leave(request)
    return HttpResponseRedirect(reverse(settings.LOGIN_URL))
