"""Two members who are one person: chosen by somebody, looked at first, and parted if it was a mistake."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_POST

from dangol.core.access import acts
from dangol.core.access.rights import Right
from dangol.core.people.merged import merges_of
from dangol.core.people.merges import preview_merge
from dangol.core.people.searching import find_customers
from dangol.core.people.selectors import names_of
from dangol.core.refusals import explain
from dangol.core.storage.ids import Id, parse_id
from dangol.domain.errors import DomainError
from dangol.web.acting import actor_of, find_subject
from dangol.web.frame import frame_of
from dangol.web.guard import needs, visitor_of
from dangol.web.people_search import read_sought, searches_people
from dangol.web.present import seen_by
from dangol.web.reads.member import MemberView
from dangol.web.scheme import find_program, tiers_of

SHOWN = 8
FIELD_NAMES = {
    "name": lazy("이름"), "phone": lazy("전화번호"), "email": lazy("이메일"), "card": lazy("카드"),
    "birthday": lazy("생일"), "external": lazy("회원 번호"), "external_id": lazy("회원 번호"),
    "language": lazy("언어"), "home_store_id": lazy("단골 매장"), "traits": lazy("알려준 정보"),
}  # fmt: skip


@needs(Right.MEMBERS_MERGE)
@searches_people()
def merge(request: HttpRequest, customer_id: Id) -> HttpResponse:
    """Find the other one, show what merging would do, and do it for a reason."""
    member = find_subject(request, customer_id)
    if request.method == "POST":
        return _merge(request, member, _other(request, request.POST.get("with", "")))
    chosen = request.GET.get("with", "")
    return _show(request, member, _other(request, chosen) if chosen else None)


def _other(request: HttpRequest, shown: str) -> MemberView:
    try:
        return find_subject(request, parse_id(shown))
    except ValueError:
        raise Http404 from None


def _show(
    request: HttpRequest, member: MemberView, other: MemberView | None, refusal: DomainError | None = None
) -> HttpResponse:
    text = read_sought(request)
    others = [one for one in find_customers(text, limit=SHOWN) if one != member.customer_id] if text else []
    found = seen_by(visitor_of(request), others)
    past = [one for one in merges_of(member.customer_id) if one.kept_id == member.customer_id]
    people = names_of([*found, *(one.customer_id for one in past)])
    context: dict[str, Any] = {
        "member": member, "other": other, "text": text, "people": [people[one] for one in found],
        "merges": [(one, people.get(one.customer_id)) for one in reversed(past)],
        "tier_names": {tier.level: tier.name for tier in tiers_of(find_program())},
        "reason": request.POST.get("reason", ""), "field_names": FIELD_NAMES,
    }  # fmt: skip
    if other and refusal is None:
        try:
            at = frame_of(request).at
            context["plan"] = preview_merge(member.customer_id, other.customer_id, at=at)
            context["points"] = member.points + other.points
        except DomainError as error:
            refusal = error
    context["sentence"], context["remedy"] = explain(refusal) if refusal else ("", "")
    return render(request, "web/merge.html", context, status=422 if refusal else 200)


def _merge(request: HttpRequest, member: MemberView, other: MemberView) -> HttpResponse:
    try:
        acts.merge_customers(
            member.customer_id, other.customer_id, actor=actor_of(request),
            reason=request.POST.get("reason", ""), at=frame_of(request).at,
        )  # fmt: skip
    except DomainError as refusal:
        return _show(request, member, other, refusal)
    return redirect("web:member", member.customer_id)


@needs(Right.MEMBERS_MERGE)
@require_POST
def part(request: HttpRequest, customer_id: Id) -> HttpResponse:
    """Undo a merge into this member, for a reason."""
    member = find_subject(request, customer_id)
    try:
        absorbed = parse_id(request.POST.get("absorbed", ""))
    except ValueError:
        raise Http404 from None
    if customer_id not in {one.kept_id for one in merges_of(absorbed) if one.customer_id == absorbed}:
        raise Http404
    try:
        acts.undo_merge(
            absorbed, actor=actor_of(request), reason=request.POST.get("reason", ""), at=frame_of(request).at
        )
    except DomainError as refusal:
        return _show(request, member, None, refusal)
    return HttpResponseRedirect(reverse("web:member", args=[absorbed]))
