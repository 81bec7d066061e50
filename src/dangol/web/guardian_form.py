"""A guardian's consent, as it is asked for on a form (`web/parts/guardian.html`)."""

from django.http import HttpRequest

from dangol.core.people.guardians import GuardianDraft

FIELDS = ("guardian_name", "guardian_phone")
CONFIRMED = "guardian_confirmed"


def read_guardian(request: HttpRequest, *, source: str) -> GuardianDraft | None:
    """Return who consents for somebody under 14, if staff have made sure that it is them."""
    if CONFIRMED not in request.POST:
        return None
    name, phone = (request.POST.get(field, "").strip()[:254] for field in FIELDS)
    return GuardianDraft(name, phone, source)
