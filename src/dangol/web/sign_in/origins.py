"""Where a request comes from, and by what someone has shown who they are."""

from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from django.http import HttpRequest

from dangol.core.access.sessions import Origin
from dangol.core.people.models import Staff

_PROOFS = {"totp": "totp", "recovery_codes": "recovery_code", "webauthn": "security_key"}


def origin_of(request: HttpRequest) -> Origin:
    """Return the address and the browser of a request; behind proxies the address they vouch for."""
    address = get_adapter().get_client_ip(request) if request.META.get("REMOTE_ADDR") else ""
    return Origin(address, request.META.get("HTTP_USER_AGENT", ""))


def proofs_of(request: HttpRequest, staff: Staff) -> str:
    """Return by what someone came in: `password+totp`, `passkey`; empty where nothing is known."""
    proofs = []
    for record in get_authentication_records(request, staff):
        if record["method"] == "password":
            proofs.append("password")
        elif record.get("passwordless"):
            proofs.append("passkey")
        else:
            proofs.append(_PROOFS.get(record.get("type", ""), record["method"]))
    return "+".join(dict.fromkeys(proofs))
