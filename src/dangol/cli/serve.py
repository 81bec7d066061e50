"""`dangol serve`: the whole instance under one parent, or one of its processes alone."""

import contextlib
import errno
import os
import socket
import sys
from collections.abc import Mapping, Sequence
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated

import typer
from django.conf import settings
from django.db import connections
from django.utils.translation import gettext as _, gettext_lazy

from dangol.cli.home import KeyStoreLost, command, require_shop
from dangol.cli.output import Output, QuietOption
from dangol.cli.processes import (
    has_many_writers,
    run_helper,
    run_scheduler,
    run_sequencer,
    run_web,
    run_worker,
)
from dangol.cli.supervisor import Supervisor
from dangol.core.metrics import FOLDER, forget_the_dead
from dangol.core.refusals import Words, explain, register
from dangol.core.storage.master_keys import NoMasterKey, key_ring
from dangol.domain.errors import DomainError

LOOPBACK, PORT, PORTS_TRIED = "127.0.0.1", 8000, 100
MFA, OPTIONAL = "DANGOL_MFA", "optional"


class Kind(StrEnum):
    """The processes of an instance."""

    WEB = "web"
    WORKER = "worker"
    HELPER = "helper"
    SEQUENCER = "sequencer"
    SCHEDULER = "scheduler"


MANY_WRITERS = frozenset({Kind.HELPER, Kind.SEQUENCER})
_RUN = {
    Kind.WORKER: run_worker,
    Kind.HELPER: run_helper,
    Kind.SEQUENCER: run_sequencer,
    Kind.SCHEDULER: run_scheduler,
}


class PortTaken(DomainError):
    """Another program listens on `port`; `free` is the next one that nobody has, `command` uses it."""

    code = "serve.port_taken"
    retryable = True


class HostUnknown(DomainError):
    """Nobody knows the name `host`; `command` listens on this machine only."""

    code = "serve.host_unknown"


class HostElsewhere(DomainError):
    """`host` is not an address of this machine; `command` listens on this machine only."""

    code = "serve.host_elsewhere"


class PortForbidden(DomainError):
    """This user may not listen on `port`; `command` uses one that anybody may."""

    code = "serve.port_forbidden"


class NotNeeded(DomainError):
    """This database numbers its events itself, and has one writer: no `kind` is run."""

    code = "serve.not_needed"


class ReadOnly(DomainError):
    """This instance is shown for looking only: nothing that writes (`kind`) is run."""

    code = "serve.read_only"


class SecondFactorOff(DomainError):
    """Others reach `host`, and `DANGOL_MFA` lets staff in without a second factor."""

    code = "serve.second_factor_off"


register(
    {
        ReadOnly.code: Words(
            gettext_lazy("보기 전용이라 {kind}을(를) 돌리지 않아요."),
            gettext_lazy("키 저장소를 되돌리고 DANGOL_READ_ONLY를 지우세요."),
        ),
        SecondFactorOff.code: Words(
            gettext_lazy("{host}(--host)은(는) 다른 컴퓨터에서도 열려서, 두 번째 인증 없이 열 수 없어요."),
            gettext_lazy("DANGOL_MFA=optional을 지우거나 `{command}`로 이 컴퓨터에서만 여세요."),
        ),
        PortTaken.code: Words(
            gettext_lazy("{port}번 포트는 다른 프로그램이 쓰고 있어요."),
            gettext_lazy("`{command}`"),
        ),
        HostUnknown.code: Words(
            gettext_lazy("‘{host}’(--host)이라는 이름을 찾을 수 없어요."), gettext_lazy("`{command}`")
        ),
        HostElsewhere.code: Words(
            gettext_lazy("{host}(--host)은(는) 이 컴퓨터의 주소가 아니에요."), gettext_lazy("`{command}`")
        ),
        PortForbidden.code: Words(
            gettext_lazy("{port}번 포트를 열 권한이 없어요."), gettext_lazy("`{command}`")
        ),
        NotNeeded.code: Words(
            gettext_lazy("SQLite에서는 {kind} 프로세스가 필요 없어요."), gettext_lazy("`dangol serve`")
        ),
    }
)


def serve(
    host: Annotated[str, typer.Option(help=_("들을 주소. 처음 값은 이 컴퓨터에서만 열려요."))] = LOOPBACK,
    port: Annotated[int, typer.Option(min=1, max=65535, help=_("들을 포트예요."))] = PORT,
    only: Annotated[Kind | None, typer.Option(help=_("이 프로세스만 앞에서 돌려요(운영자용)."))] = None,
    read_only: Annotated[
        bool, typer.Option("--read-only", help=_("보기만 하게 열어요: 아무것도 쓰지 않아요."))
    ] = False,
    quiet: QuietOption = False,
) -> None:
    """Serve the shop: web, worker, scheduler and, on PostgreSQL, helper and sequencer, under one parent.

    Without its key store only the web is served, and only for looking.
    """
    _look_or_write(Output(quiet=quiet), asked=read_only)
    require_second_factor(host)
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
    if folder := os.environ.get(FOLDER):
        forget_the_dead(Path(folder))
    Supervisor(commands, say=output.complain).run()


def _look_or_write(output: Output, *, asked: bool) -> None:
    """See whether anything may be written, and tell where not. Raises NoShop or SecretKeyLost."""
    reason = settings.READ_ONLY or ("asked" if asked else "")
    try:
        require_shop()
        key_ring()
    except (KeyStoreLost, NoMasterKey) as lost:
        sentence, remedy = explain(lost)
        output.complain(sentence)
        output.complain(f"→ {remedy}")
        reason = "keys"
    if reason:
        output.complain(_("보기 전용으로 열어요: 페이지는 열리지만 아무것도 저장하지 않아요."))
        os.environ["DANGOL_READ_ONLY"] = settings.READ_ONLY = reason


def is_loopback(host: str) -> bool:
    """Say whether only this machine reaches an address."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def require_second_factor(host: str) -> None:
    """Raise SecondFactorOff where others reach this address and no second factor is asked for."""
    if not settings.MFA_REQUIRED and not is_loopback(host):
        raise SecondFactorOff(host=host, command=f"{command('serve')} --host {LOOPBACK}")


def run_alone(kind: Kind, *, host: str, port: int) -> None:
    """Run one process in the foreground until SIGTERM or SIGINT.

    Raises what require_free_port raises, NotNeeded on SQLite, or ReadOnly for all but the web.
    """
    if settings.READ_ONLY and kind is not Kind.WEB:
        raise ReadOnly(kind=kind.value)
    if kind in MANY_WRITERS and not has_many_writers():
        raise NotNeeded(kind=kind.value)
    if kind is Kind.WEB:
        require_free_port(host, port)
        run_web(host=host, port=port)
    else:
        _RUN[kind]()


def child_commands(*, host: str, port: int) -> Mapping[str, Sequence[str]]:
    """Return the command line of each process this instance needs."""
    kinds = [kind for kind in Kind if kind not in MANY_WRITERS or has_many_writers()]
    if settings.READ_ONLY:
        kinds = [Kind.WEB]
    base = [sys.executable, "-m", "dangol", "serve", "--home", str(settings.HOME)]
    return {kind.value: [*base, "--only", kind.value, "--host", host, "--port", str(port)] for kind in kinds}


def require_free_port(host: str, port: int, *, words: str = "serve") -> None:
    """Raise PortTaken, naming a free port, where somebody else listens on this one.

    Raises HostUnknown, HostElsewhere or PortForbidden where nobody could listen there.
    """
    try:
        _listen(host, port)
    except (socket.gaierror, UnicodeError):
        raise HostUnknown(host=host, command=f"{command(words)} --host {LOOPBACK}") from None
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            free = _free_port(host, port + 1)
            raise PortTaken(port=port, free=free, command=f"{command(words)} --port {free}") from None
        if error.errno == errno.EADDRNOTAVAIL:
            raise HostElsewhere(host=host, command=f"{command(words)} --host {LOOPBACK}") from None
        if error.errno in (errno.EACCES, errno.EPERM):
            raise PortForbidden(port=port, command=f"{command(words)} --port {PORT}") from None
        raise


def _free_port(host: str, first: int) -> int:
    """Return the next port from `first` on that nobody has, else whichever the system gives."""
    for port in range(first, min(first + PORTS_TRIED, 65536)):
        with contextlib.suppress(OSError):
            return _listen(host, port)
    return _listen(host, 0)


def _listen(host: str, port: int) -> int:
    """Take a port and leave it at once; return its number. Raises what a socket raises."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        if os.name == "posix":  # a port that was just left may be taken at once
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        trial.bind((host, port))
        return int(trial.getsockname()[1])
