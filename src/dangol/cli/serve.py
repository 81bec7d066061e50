"""`dangol serve`: the whole instance under one parent, or one of its processes alone."""

import os
import socket
import sys
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated

import typer
from django.conf import settings
from django.db import connections
from django.utils.translation import gettext as _, gettext_lazy

from dangol.cli.home import command
from dangol.cli.output import Output, QuietOption
from dangol.cli.processes import (
    needs_sequencer,
    run_scheduler,
    run_sequencer,
    run_web,
    run_worker,
)
from dangol.cli.supervisor import Supervisor
from dangol.core.refusals import Words, register
from dangol.domain.errors import DomainError

LOOPBACK, PORT, PORTS_TRIED = "127.0.0.1", 8000, 100


class Kind(StrEnum):
    """The processes of an instance."""

    WEB = "web"
    WORKER = "worker"
    SEQUENCER = "sequencer"
    SCHEDULER = "scheduler"


class PortTaken(DomainError):
    """Another program listens on `port`; `free` is the next one that nobody has, `command` uses it."""

    code = "serve.port_taken"
    retryable = True


class NoSequencerNeeded(DomainError):
    """This database numbers its events itself."""

    code = "serve.no_sequencer_needed"


register(
    {
        PortTaken.code: Words(
            gettext_lazy("{port}번 포트는 다른 프로그램이 쓰고 있어요."),
            gettext_lazy("`{command}`"),
        ),
        NoSequencerNeeded.code: Words(
            gettext_lazy("SQLite에서는 시퀀서가 필요 없어요."), gettext_lazy("`dangol serve`")
        ),
    }
)


def serve(
    host: Annotated[str, typer.Option(help=_("들을 주소. 처음 값은 이 컴퓨터에서만 열려요."))] = LOOPBACK,
    port: Annotated[int, typer.Option(min=1, max=65535, help=_("들을 포트예요."))] = PORT,
    only: Annotated[Kind | None, typer.Option(help=_("이 프로세스만 앞에서 돌려요(운영자용)."))] = None,
    quiet: QuietOption = False,
) -> None:
    """Serve the shop: web, worker, scheduler and, on PostgreSQL, the sequencer, under one parent."""
    if only is not None:
        run_alone(only, host=host, port=port)
        return
    require_free_port(host, port)
    output = Output(quiet=quiet)
    output.say(
        _("http://{host}:{port} 에서 열려 있어요. 멈추려면 Ctrl-C를 누르세요.").format(host=host, port=port)
    )
    commands = child_commands(host=host, port=port)
    connections.close_all()
    Supervisor(commands, say=output.complain).run()


def run_alone(kind: Kind, *, host: str, port: int) -> None:
    """Run one process in the foreground until SIGTERM or SIGINT.

    Raises PortTaken, or NoSequencerNeeded on SQLite.
    """
    if kind is Kind.WEB:
        require_free_port(host, port)
        run_web(host=host, port=port)
    elif kind is Kind.WORKER:
        run_worker()
    elif kind is Kind.SCHEDULER:
        run_scheduler()
    elif needs_sequencer():
        run_sequencer()
    else:
        raise NoSequencerNeeded


def child_commands(*, host: str, port: int) -> Mapping[str, Sequence[str]]:
    """Return the command line of each process this instance needs."""
    kinds = [kind for kind in Kind if kind is not Kind.SEQUENCER or needs_sequencer()]
    base = [sys.executable, "-m", "dangol", "serve", "--home", str(settings.HOME)]
    return {kind.value: [*base, "--only", kind.value, "--host", host, "--port", str(port)] for kind in kinds}


def require_free_port(host: str, port: int, *, words: str = "serve") -> None:
    """Raise PortTaken, naming the next free port, where somebody else listens on this one."""
    if not _is_free(host, port):
        tried = range(port + 1, min(port + 1 + PORTS_TRIED, 65536))
        free = next((one for one in tried if _is_free(host, one)), 0)
        raise PortTaken(port=port, free=free, command=f"{command(words)} --port {free}")


def _is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        if os.name == "posix":  # a port that was just left may be taken at once
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError:
            return False
    return True
