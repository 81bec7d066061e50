"""What is known of a member, changed by staff; what they agree to, given and taken back."""

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from dangol.core.access.rights import Right
from dangol.core.people.consents import CHANNELS, NO_CHANNEL, ConsentDraft
from dangol.core.people.enrolling import give_consents
from dangol.core.people.profiles import PersonRow, set_people
from dangol.core.people.selectors import consent_history, find_stores, list_stores
from dangol.core.people.wordings import EARLIER, JOINING, MARKETING, MEMBERSHIP
from dangol.core.refusals import explain
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.duties import OF_AGE_FROM
from dangol.domain.errors import DomainError
from dangol.web.acting import find_subject
from dangol.web.frame import frame_of
from dangol.web.guard import needs
from dangol.web.guardian_form import FIELDS as GUARDIAN_FIELDS, read_guardian
from dangol.web.reads.member import MemberView

TYPED = ("name", "birthday", "store", "trait", "value", *GUARDIAN_FIELDS)
SOURCE = "staff"
PURPOSES = (MARKETING, MEMBERSHIP)


@needs(Right.MEMBERS_WRITE)
def edit(request: HttpRequest, customer_id: Id) -> HttpResponse:
    """Ask what is newly known of a member; what is left empty stays as it is."""
    member = find_subject(request, customer_id)
    given = {name: request.POST.get(name, "").strip()[:254] for name in TYPED}
    context: dict[str, Any] = {
        "member": member, "given": given, "stores": list_stores(), "of_age": OF_AGE_FROM,
        "agreed": set(request.POST),
    }  # fmt: skip
    if request.method != "POST":
        return render(request, "web/edit_member.html", context)
    try:
        birthday = date.fromisoformat(given["birthday"]) if given["birthday"] else None
    except ValueError:
        context["wrong"] = "birthday"
        return render(request, "web/edit_member.html", context, status=422)
    try:
        with write_transaction():
            row = _row(customer_id, given, birthday)._replace(guardian=read_guardian(request, source=SOURCE))
            refusal = set_people([row], recorded_at=frame_of(request).at)[0]
            if refusal:
                raise refusal
    except DomainError as error:
        sentence, remedy = explain(error)
        field = str(error.data.get("field", ""))
        if field.startswith("guardian"):
            context["problems"] = {field: f"{sentence} {remedy}"}
        else:
            context |= {"sentence": sentence, "remedy": remedy}
        return render(request, "web/edit_member.html", context, status=422)
    return redirect("web:member", customer_id)


def _row(customer_id: Id, given: dict[str, str], birthday: date | None) -> PersonRow:
    """Return what is newly known; a trait without a value is taken away."""
    traits = {given["trait"]: given["value"] or None} if given["trait"] else None
    store_id = find_stores([given["store"]]).get(given["store"]) if given["store"] else None
    return PersonRow(
        customer_id, given["name"] or None, birthday=birthday, home_store_id=store_id, traits=traits
    )


@needs(Right.CONSENTS_WRITE)
def consents(request: HttpRequest, customer_id: Id) -> HttpResponse:
    """Show what a member ever agreed to and took back, and record another word of theirs."""
    member = find_subject(request, customer_id)
    if request.method != "POST":
        return _consents(request, member)
    purpose = request.POST.get("purpose", "")
    channel = NO_CHANNEL if purpose == MEMBERSHIP else request.POST.get("channel", "")
    at = frame_of(request).at
    draft = ConsentDraft(
        customer_id, channel, purpose, request.POST.get("granted") == "yes", at, SOURCE,
        request.POST.get("wording", "").strip()[:64],
    )  # fmt: skip
    try:
        with write_transaction():
            give_consents([draft], recorded_at=at)
    except DomainError as refusal:
        return _consents(request, member, refusal)
    return redirect("web:member-consents", customer_id)


def _consents(request: HttpRequest, member: MemberView, refusal: DomainError | None = None) -> HttpResponse:
    sentence, remedy = explain(refusal) if refusal else ("", "")
    context = {
        "member": member, "sentence": sentence, "remedy": remedy, "purposes": PURPOSES,
        "channels": [one for one in sorted(CHANNELS) if one != NO_CHANNEL],
        "versions": [one.version for one in (*JOINING, *EARLIER)],
        "history": list(reversed(consent_history(member.customer_id))),
    }  # fmt: skip
    return render(request, "web/consents.html", context, status=422 if refusal else 200)
