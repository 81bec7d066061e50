"""Where a browser gives passkeys at all."""

from ipaddress import ip_address

from django.http import HttpRequest


def passkeys_work(request: HttpRequest) -> bool:
    """Say whether the address in the browser can have passkeys: a name, by HTTPS or on this machine.

    WebAuthn binds a passkey to a domain (W3C Web Authentication, "RP ID"): 127.0.0.1 is none, localhost is.
    """
    host = request.get_host().partition(":")[0]
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return request.is_secure() and not host.startswith("[")
    return False
