"""What a command says: data on stdout, words on stderr, and an exit code that tells how it went."""

import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Protocol

import typer
from django.utils.translation import gettext as _
from rich.console import Console, RenderableType
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

SECONDS_BETWEEN_LINES = 10.0

JsonOption = Annotated[bool, typer.Option("--json", help=_("결과를 JSON으로 보여 줘요."))]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help=_("결과와 오류만 보여 줘요."))]


class Tracker(Protocol):
    """Is told how far a piece of work has come."""

    def __call__(self, done: int) -> None:
        """Say how many units are done by now, out of the total."""


class _Rate(ProgressColumn):
    """Units a second."""

    def render(self, task: Task) -> Text:
        return Text(_("초당 {rate:,.0f}").format(rate=task.speed or 0), style="progress.data.speed")


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON form here; the command must choose one")


class Output:
    """Where a command's data and words go."""

    def __init__(
        self, *, as_json: bool = False, quiet: bool = False, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.as_json, self.quiet, self._clock = as_json, quiet, clock
        self.data = Console(highlight=False, soft_wrap=True)
        self.words = Console(stderr=True, highlight=False, soft_wrap=True)

    def say(self, words: RenderableType) -> None:
        """Tell the person at the terminal something that is not the result."""
        if not self.quiet:
            self.words.print(words, markup=False)

    def complain(self, words: RenderableType) -> None:
        """Tell what is wrong, quiet or not."""
        self.words.print(words, markup=False)

    def show(self, schema: str, data: Mapping[str, Any], form: RenderableType | None = None) -> None:
        """Show the result: as JSON that names its `schema` (`dangol.doctor/1`), else as `form`."""
        if self.as_json:
            text = json.dumps({"schema": schema, **data}, ensure_ascii=False, indent=2, default=_plain)
            sys.stdout.write(text + "\n")
        elif form is not None:
            self.data.print(form, markup=False)

    @contextmanager
    def track(self, label: str, total: int) -> Iterator[Tracker]:
        """Show how a piece of work of `total` units goes on: a bar on a terminal, else lines."""
        if self.quiet:
            yield lambda done: None
        elif self.words.is_terminal:
            with _bar(self.words) as progress:
                task = progress.add_task(label, total=total)
                yield lambda done: progress.update(task, completed=done)
        else:
            yield _lines(self.words, label, total, self._clock)


def _bar(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), _Rate(), TimeRemainingColumn(),
        console=console,
    )  # fmt: skip


def _lines(console: Console, label: str, total: int, clock: Callable[[], float]) -> Tracker:
    began = said = clock()

    def tell(done: int) -> None:
        nonlocal said
        instant = clock()
        if instant - said < SECONDS_BETWEEN_LINES and done < total:
            return
        said = instant
        rate = done / max(instant - began, 1e-9)
        left = (total - done) / rate if rate else 0.0
        line = _("{label}: {done:,} / {total:,} · 초당 {rate:,.0f} · 남은 시간 {left:,.0f}초")
        words = line.format(label=label, done=done, total=total, rate=rate, left=left)
        console.print(words, markup=False)

    return tell


def tell_passphrase(passphrase: str, output: Output) -> None:
    """Show the passphrase of a locked file, once and whether quiet or not; JSON holds it already."""
    if passphrase and not output.as_json:
        output.complain(_("암호: {passphrase}").format(passphrase=passphrase))
        output.say(_("다시 보여 드리지 않고 저장하지도 않아요. 파일과 다른 길로 건네세요."))
