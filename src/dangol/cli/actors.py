"""Who is at the terminal: the machine's own login, written down with what they do."""

import getpass
import socket

from dangol.core.people.actors import Actor, ActorKind


def at_terminal() -> Actor:
    """Return the person at this terminal, as the machine knows them."""
    try:
        login = getpass.getuser()
    except (KeyError, OSError):  # a container's user may have a number and no name
        login = "unknown"
    return Actor(ActorKind.SYSTEM, f"cli:{login}", login, socket.gethostname())
