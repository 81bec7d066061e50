"""Ports of this machine for the servers that tests start."""

import itertools
import random
import socket

# Below those that systems hand out to whoever asks for any, so that nobody is given one between its choice
# and the server that is to have it; in an order of each process's own.
_RANGE = range(20_000, 32_000)
_PORTS = itertools.cycle(random.SystemRandom().sample(_RANGE, len(_RANGE)))


def free_port() -> int:
    """Return a port that nobody listens on, and that this process has not been given lately."""
    return next(port for port in _PORTS if _is_free(port))


def _is_free(port: int) -> bool:
    with socket.socket() as trial:
        try:
            trial.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
