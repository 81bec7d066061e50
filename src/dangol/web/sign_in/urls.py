"""The addresses of allauth's views: those we use, and no others; its own list would bring sign-up and mail.

Their names are allauth's, which reverses them.
"""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from django.urls import path
from django.views.generic import RedirectView

from dangol.web.guard import before_second_factor, open_to_all, signed_in_only
from dangol.web.sign_in import views

_to_account = RedirectView.as_view(pattern_name="web:account")

urlpatterns = [
    path("sign-in", open_to_all(views.SignInView.as_view()), name="account_login"),
    path("sign-in/code", open_to_all(views.CodeView.as_view()), name="mfa_authenticate"),
    path("sign-in/passkey", open_to_all(views.PasskeyView.as_view()), name="mfa_login_webauthn"),
    path("sign-out", open_to_all(views.sign_out), name="account_logout"),
    path("account/again", before_second_factor(account.reauthenticate), name="account_reauthenticate"),
    path("account/again/code", before_second_factor(mfa.reauthenticate), name="mfa_reauthenticate"),
    path(
        "account/again/passkey",
        before_second_factor(webauthn.reauthenticate_webauthn),
        name="mfa_reauthenticate_webauthn",
    ),
    path("account/password", signed_in_only(account.password_change), name="account_change_password"),
    path("account/factors", before_second_factor(_to_account), name="mfa_index"),
    path("account/app", before_second_factor(totp.activate_totp), name="mfa_activate_totp"),
    path("account/app/remove", signed_in_only(totp.deactivate_totp), name="mfa_deactivate_totp"),
    path("account/codes", signed_in_only(codes.view_recovery_codes), name="mfa_view_recovery_codes"),
    path(
        "account/codes/new", signed_in_only(codes.generate_recovery_codes), name="mfa_generate_recovery_codes"
    ),
    path("account/passkeys", signed_in_only(_to_account), name="mfa_list_webauthn"),
    path(
        "account/passkeys/add", before_second_factor(views.AddPasskeyView.as_view()), name="mfa_add_webauthn"
    ),
    path("account/passkeys/<int:pk>/name", signed_in_only(webauthn.edit_webauthn), name="mfa_edit_webauthn"),
    path(
        "account/passkeys/<int:pk>/remove",
        signed_in_only(views.RemovePasskeyView.as_view()),
        name="mfa_remove_webauthn",
    ),
]
