"""Processes for commands, forked from one that has read the libraries, which take a second to read.

A command still is a process of its own, with its own environment, arguments, output and exit code; nothing of
`dangol` or of its settings is read before the fork. `python -m tests.cli.warm SOCKET` serves until its end is
told by the pipe that is its standard input.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import traceback
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

from tests.waiting import PATIENCE

# What commands read that asks for no settings, and is not swapped for something else by them.
LIBRARIES = (
    "babel.numbers", "click", "cryptography.hazmat.primitives.asymmetric.ed25519",
    "cryptography.hazmat.primitives.ciphers.aead", "django.contrib.auth.hashers",
    "django.core.management", "django.core.servers.basehttp", "django.db.migrations.executor",
    "django.forms", "django.template.loader", "django.views", "duckdb", "granian", "httpx", "limits",
    "markdown_it", "msgspec", "numpy", "phonenumbers", "psycopg", "pyarrow.parquet", "pydantic.fields",
    "pydantic.networks", "pydantic.root_model", "pygments", "pysqlite3", "rich.console", "rich.progress",
    "segno", "sqlparse", "structlog", "typer",
)  # fmt: skip


def serve(address: str) -> None:
    """Fork a process for each connection until standard input ends."""
    for name in LIBRARIES:
        import_module(name)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(address)
        listening.listen()
        print("ready", flush=True)
        watcher = os.fork()
        if watcher == 0:
            sys.stdin.buffer.read()
            os.kill(os.getppid(), 9)
            os._exit(0)
        while True:
            connection, _ = listening.accept()
            with suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
            if os.fork() == 0:
                listening.close()
                attend(connection)
            connection.close()


def attend(connection: socket.socket) -> NoReturn:
    """Run the command that is asked for in a child, tell its number and how it ended, and be gone."""
    asked = json.loads(connection.makefile("r").readline())
    child = os.fork()
    if child == 0:
        connection.close()
        become(asked)
    connection.sendall(f"{child}\n".encode())
    _, status = os.waitpid(child, 0)
    with suppress(BrokenPipeError):
        connection.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
    os._exit(0)


def become(asked: dict[str, Any]) -> NoReturn:
    """Be the command: as `python -m dangol` would, with what is asked for and nothing of ours."""
    os.setsid()
    os.environ.clear()
    os.environ.update(asked["environment"])
    for number, name, how in ((0, os.devnull, "r"), (1, asked["out"], "w"), (2, asked["err"], "w")):
        with open(name, how) as file:
            os.dup2(file.fileno(), number)
    main_module = import_module("dangol.cli.main")
    words = asked["words"] if asked["program"] is None else ["-c"]
    sys.argv = [str(Path(str(main_module.__file__)).parents[1] / "__main__.py"), *words]
    code = 1
    try:
        if asked["program"] is None:
            main_module.main()
        else:
            main_module.set_up({})
            exec(asked["program"], {"__name__": "__main__"})
            code = 0
    except SystemExit as leaving:
        code = _code_of(leaving)
    except BaseException:
        traceback.print_exc()
    leave(code)


def _code_of(leaving: SystemExit) -> int:
    """Return the exit code an interpreter makes of it; a text is said, and means 1."""
    if leaving.code is None or isinstance(leaving.code, int):
        return leaving.code or 0
    print(leaving.code, file=sys.stderr)
    return 1


def leave(code: int) -> NoReturn:
    """End with what was said written and what was open closed.

    The interpreter's own end, with its `atexit`, is not for a fork: threads that libraries had are gone.
    """
    with suppress(Exception):
        sys.stdout.flush()
    with suppress(Exception):
        import_module("dangol.core.storage.spaces").close_spaces()
        import_module("django.db").connections.close_all()
    sys.stderr.flush()
    os._exit(code)


class Warm:
    """The other side: starts the forking process, and asks it for commands."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self._folder = folder
        self._address = str(folder / "warm")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.cli.warm", self._address], env=environment,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == b"ready\n"

    def run(
        self, words: list[str], environment: dict[str, str], seconds: float, program: str | None = None
    ) -> tuple[int, str, str]:
        """Return a command's exit code, output and words; raises TimeoutExpired, and then it is gone.

        A `program` is run instead of the command, with Django set up.
        """
        with tempfile.TemporaryDirectory(dir=self._folder) as place, socket.socket(socket.AF_UNIX) as line:
            out, err = Path(place) / "out", Path(place) / "err"
            line.connect(self._address)
            asked = {
                "words": words, "program": program, "environment": environment,
                "out": str(out), "err": str(err),
            }  # fmt: skip
            line.sendall(f"{json.dumps(asked)}\n".encode())
            line.settimeout(seconds)
            told = line.makefile("r")
            child = int(told.readline())
            try:
                code = int(told.readline())
            except TimeoutError:
                os.kill(child, 9)
                raise subprocess.TimeoutExpired(words, seconds) from None
            return code, out.read_text(), err.read_text()

    def close(self) -> None:
        """End the forking process."""
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(PATIENCE)


if __name__ == "__main__":
    serve(sys.argv[1])
