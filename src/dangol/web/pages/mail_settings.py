"""How mail leaves: the server the shop has set, a test that is really sent, and how it went of late."""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from dangol.connectors.smtp.kept import MailDraft, MailView, find_mail, forget_mail, set_mail
from dangol.connectors.smtp.servers import Tls
from dangol.core.access.emails import email_of, set_email
from dangol.core.access.members.paces import Limit, spend
from dangol.core.access.rights import Right
from dangol.core.messaging.selectors import last_results
from dangol.core.messaging.senders import EMAIL, find_sender
from dangol.core.messaging.trials import NotHandedOver, send_trial
from dangol.core.people.identities import normalize_email
from dangol.core.refusals import explain
from dangol.domain.errors import DomainError
from dangol.project.clock import now
from dangol.web.acting import actor_of
from dangol.web.frame import frame_of
from dangol.web.guard import needs, visitor_of
from dangol.web.mail_words import failure_in_words

# A test goes to any address: whoever holds a session must not send thousands.
TRIALS = Limit("mail-trial", 10, timedelta(minutes=15))
DEFAULTS = {Tls.IMPLICIT.value: "465", Tls.STARTTLS.value: "587", Tls.NONE.value: "25"}


@needs(Right.SETTINGS_WRITE)
@never_cache
@sensitive_post_parameters("password")
def change(request: HttpRequest) -> HttpResponse:
    """Show how mail leaves, set another server, try it, or do without one."""
    return answer_mail(request, "web/works/mail.html", {})


def answer_mail(
    request: HttpRequest, template: str, context: dict[str, Any], reason: str = ""
) -> HttpResponse:
    """Do what the form asks (`save`, `test` or `forget`) and show the page, whichever it is part of."""
    do = request.POST.get("do", "") if request.method == "POST" else ""
    told: dict[str, Any] = {}
    try:
        if do == "test":
            told = _try(request)
        elif do in ("save", "forget"):
            _keep(request, do, reason or _("설정 화면에서 바꿨어요"))
            return HttpResponseRedirect(f"{request.path}?saved={do}")
    except DomainError as refusal:
        sentence, remedy = explain(refusal)
        told = {"sentence": sentence, "remedy": remedy, "odd": refusal.data.get("field", "")}
    shown = context | describe_mail(request) | told
    is_bad = bool(told) and not told.get("sent")
    return render(request, template, shown, status=422 if is_bad else 200)


def _keep(request: HttpRequest, do: str, reason: str) -> None:
    actor, at = actor_of(request), frame_of(request).at
    if do == "forget":
        forget_mail(actor=actor, reason=reason, at=at)
        return
    typed = {name: request.POST.get(name, "").replace("\0", "")[:1_001] for name in MailDraft._fields}
    set_mail(MailDraft(**typed), actor=actor, reason=reason, at=at)


def _try(request: HttpRequest) -> dict[str, Any]:
    """Send a test to whoever asks, keep where mail reaches them, and tell what the server said."""
    staff = visitor_of(request).staff
    address = set_email(staff, normalize_email(request.POST.get("email", "")[:255]))
    spend([(TRIALS, str(staff))], at=frame_of(request).at)
    try:
        sent = send_trial(address, language=request.LANGUAGE_CODE, clock=now)
    except NotHandedOver as refusal:
        return {"failed": failure_in_words(str(refusal.data["error"])), "error": refusal.data["error"]}
    return {"sent": sent, "sent_to": address}


def describe_mail(request: HttpRequest) -> dict[str, Any]:
    """Return what the form of the mail server, and what tells of it, shows."""
    mail, sender = find_mail(), find_sender(EMAIL)
    given: dict[str, Any] = _typed(mail) if request.POST.get("do") != "save" else request.POST.dict()
    return {
        "mail": mail,
        "given": given | {"password": ""},
        "is_sink": sender is not None and sender.name == "sink",
        "tls_choices": [one.value for one in (Tls.STARTTLS, Tls.IMPLICIT, Tls.NONE)],
        "email": request.POST.get("email") or email_of(visitor_of(request).staff),
        "results": last_results(frame_of(request).at),
        "saved": request.GET.get("saved", ""),
    }


def _typed(mail: MailView | None) -> dict[str, str]:
    if mail is None:
        return {"tls": Tls.STARTTLS.value, "port": DEFAULTS[Tls.STARTTLS.value]}
    return {
        "host": mail.host, "port": str(mail.port), "tls": mail.tls, "user": mail.user, "sender": mail.sender,
    }  # fmt: skip
