"""Doing things at once, each on connections of its own."""

import threading
from collections.abc import Callable

from django.db import connections

from dangol.domain.errors import DomainError


def together(acts: list[Callable[[], object]]) -> list[DomainError]:
    """Do these at once; returns the refusals."""
    refused, ready = [], threading.Barrier(len(acts))

    def run(act: Callable[[], object]) -> None:
        ready.wait()
        try:
            act()
        except DomainError as refusal:
            refused.append(refusal)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return refused
