"""Joining at the till: a phone number, a name if one likes, and the texts that are agreed to."""

from datetime import date, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from dangol.core.access.rights import Right
from dangol.core.people.consents import ConsentDraft
from dangol.core.people.enrolling import Enrollment, enroll, give_consents
from dangol.core.people.guardians import GuardianNeeded
from dangol.core.people.identities import Kind
from dangol.core.people.profiles import IdentityTaken
from dangol.core.people.refused_values import RefusedValue
from dangol.core.people.selectors import find_by_identity
from dangol.core.people.wordings import JOINING
from dangol.core.refusals import explain
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.duties import OF_AGE_FROM
from dangol.domain.errors import DomainError
from dangol.rooms.rewards.catalog.services import By
from dangol.rooms.rewards.referrals.selectors import open_to_friends
from dangol.rooms.rewards.referrals.services import tell_code
from dangol.web.acting import actor_of
from dangol.web.frame import frame_of
from dangol.web.guard import needs, visitor_of
from dangol.web.guardian_form import FIELDS as GUARDIAN_FIELDS, read_guardian
from dangol.web.people_search import carries_search, read_sought
from dangol.web.present import let_in

SOURCE = "till"
FIELDS = ("phone", "name", "email", "birthday", "friend_code", *GUARDIAN_FIELDS)


class _CodeRefused(Exception):
    """The friend's code cannot be taken: so nobody is enrolled yet."""

    def __init__(self, refusal: DomainError) -> None:
        super().__init__()
        self.refusal = refusal


@needs(Right.TILL_USE)
@carries_search("web:till")
def join(request: HttpRequest) -> HttpResponse:
    """Enroll whoever stands at the till; one who is a member already is shown instead."""
    given = {name: request.POST.get(name, "").strip()[:254] for name in FIELDS}
    if request.method != "POST":
        given = {"phone": read_sought(request)[:40], "friend_code": request.GET.get("code", "")[:254]}
        return _form(request, given, {})
    if not given["phone"]:
        return _form(request, given, {"phone": "value.empty"}, status=422)
    if any(one.required and one.name not in request.POST for one in JOINING):
        return _form(request, given, {"membership": "till.must_agree"}, status=422)
    try:
        birthday = date.fromisoformat(given["birthday"]) if given["birthday"] else None
    except ValueError:
        return _form(request, given, {"birthday": "date"}, status=422)
    try:
        owner = _enroll(given, birthday, request, at=frame_of(request).at)
    except GuardianNeeded as refusal:
        return _form(request, given, {"guardian": " ".join(explain(refusal))}, status=422)
    except _CodeRefused as refused:
        return _form(request, given, {"friend_code": " ".join(explain(refused.refusal))}, status=422)
    except IdentityTaken as refusal:
        if refusal.data["kind"] == Kind.PHONE and (known := find_by_identity(Kind.PHONE, [given["phone"]])):
            owner = next(iter(known.values()))
            let_in(request, [owner])
            return redirect("web:till-member", owner)
        return _form(request, given, {str(refusal.data["kind"]): explain(refusal)[0]}, status=409)
    except RefusedValue as refusal:
        return _form(request, given, {refusal.field: " ".join(explain(refusal))}, status=422)
    return redirect("web:till-member", owner)


def _enroll(given: dict[str, str], birthday: date | None, request: HttpRequest, *, at: datetime) -> Id:
    identities = {kind: given[kind] for kind in (Kind.PHONE, Kind.EMAIL) if given[kind]}
    language = request.LANGUAGE_CODE
    with write_transaction():
        new = Enrollment(
            identities, given["name"] or None, birthday, language, source=SOURCE,
            guardian=read_guardian(request, source=SOURCE), home_store_id=visitor_of(request).store_id,
        )  # fmt: skip
        owner = enroll(new, recorded_at=at)
        give_consents(
            [
                ConsentDraft(owner, one.channel, one.purpose, True, at, SOURCE, one.version)
                for one in JOINING
                if one.name in request.POST
            ],
            recorded_at=at,
        )
        if given["friend_code"]:
            _tell(owner, given["friend_code"], request, at=at)
    return owner


def _tell(owner: Id, code: str, request: HttpRequest, *, at: datetime) -> None:
    """Note by whose code the newcomer came; raises _CodeRefused."""
    by = By(actor_of(request), at, visitor_of(request).store_id)
    try:
        tell_code(owner, code, by=by)
    except DomainError as refusal:
        raise _CodeRefused(refusal) from refusal


def _form(
    request: HttpRequest, given: dict[str, str], problems: dict[str, str], *, status: int = 200
) -> HttpResponse:
    context: dict[str, Any] = {
        "given": given,
        "problems": problems,
        "wordings": JOINING,
        "agreed": set(request.POST),
        "of_age": OF_AGE_FROM,
        "shop_name": frame_of(request).shop.name,
        "takes_friends": open_to_friends(),
    }
    return render(request, "web/till/join.html", context, status=status)
