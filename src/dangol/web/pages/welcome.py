"""A link that was given to someone who works here: they choose a password, once."""

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from dangol.core.access.models import StaffLink
from dangol.core.access.services import find_link, spend_link
from dangol.core.access.staff_errors import LinkOver
from dangol.web.frame import frame_of
from dangol.web.guard import open_to_all
from dangol.web.pages.errors import staff_link_over
from dangol.web.sign_in.leaving import leave


@open_to_all
@never_cache
@sensitive_post_parameters("password", "again")
def welcome(request: HttpRequest, secret: str) -> HttpResponse:
    """Ask for a password and open the account with it; then lead to signing in."""
    at = frame_of(request).at
    try:
        link = find_link(secret, at=at)
        problems = _problems(request, link) if request.method == "POST" else []
        if request.method != "POST" or problems:
            return _form(request, link, problems)
        spend_link(secret, password=request.POST["password"], at=at)
    except LinkOver:
        return staff_link_over(request)
    leave(request)  # whoever was signed in here is not the one who now chose a password
    return HttpResponseRedirect(f"{reverse('account_login')}?opened=1")


def _problems(request: HttpRequest, link: StaffLink) -> list[str]:
    password = request.POST.get("password", "")
    if password != request.POST.get("again", ""):
        return [_("두 번 적은 비밀번호가 서로 달라요.")]
    try:
        validate_password(password, link.staff)
    except ValidationError as error:
        return list(error.messages)
    return []


def _form(request: HttpRequest, link: StaffLink, problems: list[str]) -> HttpResponse:
    context = {"link": link, "person": link.staff, "problems": problems}
    # The link itself is the key. As of every page, its address goes to nobody else: `same-origin`. With
    # `no-referrer` a browser says `Origin: null`, and the form would be refused.
    return render(request, "web/welcome.html", context, status=422 if problems else 200)
