"""API keys: what programs open the shop with, made and taken back."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from dangol.core.access.key_drafts import LIFETIMES, LONGEST_NAME, KeyDraft, issue_key
from dangol.core.access.keys import KeyView, NewKey, list_keys, revoke_key
from dangol.core.access.rights import RIGHTS, Right
from dangol.core.access.selectors import find_staff
from dangol.core.refusals import explain
from dangol.core.storage.ids import Id
from dangol.core.storage.spaces import LIVE, list_spaces
from dangol.domain.errors import DomainError
from dangol.web.frame import frame_of
from dangol.web.guard import needs, visitor_of
from dangol.web.roles import right_name
from dangol.web.scopes import GROUPS, PRESETS
from dangol.web.shop_change import find_spaces_behind, free_space_name

USUAL_LIFETIME = "365"
NO_END = "0"


@needs(Right.KEYS_READ)
def show_keys(request: HttpRequest) -> HttpResponse:
    """Show all keys, those in use before those that open nothing any more."""
    at = frame_of(request).at
    keys = list_keys()
    alive = [key for key in keys if not key.is_over(at)]
    context = {
        "alive": alive, "over": [key for key in keys if key not in alive], "live": LIVE,
        "behind": find_spaces_behind(frame_of(request).shop), "free_space": free_space_name(),
    }  # fmt: skip
    return render(request, "web/keys/list.html", context)


@needs(Right.KEYS_WRITE)
@never_cache
def make(request: HttpRequest) -> HttpResponse:
    """Ask what the key is for and what it may do; then show its secret, once."""
    if request.method != "POST":
        preset = request.GET.get("preset", "")
        chosen = PRESETS[preset][2] if preset in PRESETS else ()
        given = {"name": "", "space": _spaces()[0], "days": USUAL_LIFETIME, "scopes": set(chosen)}
        return _form(request, given, preset=preset)
    asked = request.POST
    days = asked.get("days", "")
    draft = KeyDraft(
        asked.get("name", ""),
        asked.get("space", ""),
        asked.getlist("scopes"),
        # What is no number of days is refused by the service, as any other that is not offered.
        None if days == NO_END else int(days) if days in map(str, LIFETIMES) else -1,
    )
    visitor = visitor_of(request)
    person = find_staff(visitor.staff)
    by = person.username if person else ""
    try:
        made = issue_key(draft, held=RIGHTS[visitor.role], by=by, at=frame_of(request).at)
    except DomainError as error:
        given = {"name": draft.name, "space": draft.space, "days": days, "scopes": set(draft.scopes)}
        return _form(request, given, error=error)
    return _show_secret(request, made)


def _spaces() -> list[str]:
    """Return the spaces to choose from; a first try belongs into a test space."""
    return [*list_spaces(), LIVE]


def _form(
    request: HttpRequest, given: dict[str, Any], *, preset: str = "", error: DomainError | None = None
) -> HttpResponse:
    sentence, remedy = explain(error) if error else ("", "")
    context = {
        "given": given,
        "preset": preset,
        "presets": [(key, name, words) for key, (name, words, _scopes) in PRESETS.items()],
        "groups": [(name, [(right.value, right_name(right)) for right in rights]) for name, rights in GROUPS],
        "spaces": _spaces(),
        "live": LIVE,
        "lifetimes": [str(days) for days in LIFETIMES],
        "no_end": NO_END,
        "longest_name": LONGEST_NAME,
        "sentence": sentence,
        "remedy": remedy,
    }
    return render(request, "web/keys/new.html", context, status=422 if error else 200)


def _show_secret(request: HttpRequest, made: NewKey) -> HttpResponse:
    """Show a new key. Its secret is not kept, so this answer is the only one that has it."""
    path = "members" if Right.MEMBERS_READ in made.view.scopes else "products"
    address = request.build_absolute_uri(f"/api/v1/{path}")
    curl = f'curl "{address}" -H "Authorization: Bearer {made.secret}"'
    context = {"key": made.view, "secret": made.secret, "curl": curl, "live": LIVE}
    return render(request, "web/keys/made.html", context)


def _find(key_id: Id) -> KeyView:
    found = next((key for key in list_keys() if key.id == key_id), None)
    if found is None:
        raise Http404
    return found


@needs(Right.KEYS_READ)
def show_key(request: HttpRequest, key_id: Id) -> HttpResponse:
    """Show what a key may do and whether it is in use."""
    return _key(request, _find(key_id))


def _key(request: HttpRequest, key: KeyView, *, status: int = 200) -> HttpResponse:
    context = {
        "key": key,
        "scopes": [(right.value, right_name(right)) for right in Right if right in key.scopes],
        "is_over": key.is_over(frame_of(request).at),
        "live": LIVE,
        "unsure": status != 200,
    }
    return render(request, "web/keys/key.html", context, status=status)


@needs(Right.KEYS_WRITE)
@require_POST
def revoke(request: HttpRequest, key_id: Id) -> HttpResponse:
    """Take a key back, if whoever asks says that they are sure: it cannot be undone."""
    key = _find(key_id)
    if request.POST.get("sure") != "1":
        return _key(request, key, status=422)
    revoke_key(key.id, at=frame_of(request).at)
    return HttpResponseRedirect(reverse("web:key", args=[key.id]))
