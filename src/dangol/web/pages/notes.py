"""Notes about a member: written, changed and deleted by staff."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from dangol.core.access.rights import Right
from dangol.core.people.merged import family_of
from dangol.core.people.notes import delete_note, edit_note, notes_of, write_note
from dangol.core.refusals import explain
from dangol.core.storage.ids import Id
from dangol.domain.errors import DomainError
from dangol.web.acting import actor_of, find_subject, form_of, new_form
from dangol.web.frame import frame_of
from dangol.web.guard import needs
from dangol.web.reads.member import MemberView


@needs(Right.MEMBERS_WRITE)
def notes(request: HttpRequest, customer_id: Id) -> HttpResponse:
    """Show the notes about a member, and write another."""
    member = find_subject(request, customer_id)
    if request.method != "POST":
        return _show(request, member)
    text = request.POST.get("text", "")
    try:
        write_note(customer_id, form_of(request), text, actor=actor_of(request), at=frame_of(request).at)
    except DomainError as refusal:
        return _show(request, member, refusal)
    return redirect("web:member-notes", customer_id)


def _show(request: HttpRequest, member: MemberView, refusal: DomainError | None = None) -> HttpResponse:
    sentence, remedy = explain(refusal) if refusal else ("", "")
    context = {
        "member": member, "notes": notes_of(family_of(member.customer_id)), "me": actor_of(request).key,
        "form": new_form(), "sentence": sentence, "remedy": remedy,
    }  # fmt: skip
    return render(request, "web/notes.html", context, status=422 if refusal else 200)


@needs(Right.MEMBERS_WRITE)
@require_POST
def change_note(request: HttpRequest, customer_id: Id, note_id: Id) -> HttpResponse:
    """Change a note of one's own, or delete it."""
    member, actor = find_subject(request, customer_id), actor_of(request)
    owner = next(
        (one.customer_id for one in notes_of(family_of(customer_id)) if one.id == note_id), customer_id
    )
    try:
        if request.POST.get("choice") == "delete":
            delete_note(owner, note_id, actor=actor)
        else:
            edit_note(owner, note_id, request.POST.get("text", ""), actor=actor, at=frame_of(request).at)
    except DomainError as refusal:
        return _show(request, member, refusal)
    return redirect("web:member-notes", customer_id)
