"""`dangol segments`: proving that those are in the segments whom the conditions mean."""

from typing import Annotated, Any

import typer
from django.conf import settings
from django.utils.translation import gettext as _
from rich.console import Group
from rich.table import Table

from dangol.cli.exits import ExitCode
from dangol.cli.output import JsonOption, Output, QuietOption
from dangol.core.operations.segment_proof import prove_segments, prove_segments_on
from dangol.core.segments.verifying import Difference, Verdict
from dangol.core.storage.ids import show_id
from dangol.insight.clusters import is_address
from dangol.project.clock import now

app = typer.Typer(no_args_is_help=True)
DUCKDB = "duckdb"


@app.callback()
def segments() -> None:
    """Prove the segments."""


def _engine(value: str) -> str:
    if value != DUCKDB and not is_address(value):
        raise typer.BadParameter(_("duckdb, spark://host:7077 또는 local[2]처럼 쓰세요."))
    return value


@app.command(help=_("모든 고객에게 조건을 한꺼번에 다시 물어, 세그먼트에 있는 사람과 견주어요."))
def verify(
    engines: Annotated[
        list[str] | None,
        typer.Option(
            "--engine", parser=_engine, metavar="ENGINE",
            help=_("물을 곳: duckdb나 spark://host:7077, 여러 번 쓸 수 있어요. 없으면 DANGOL_ENGINE."),
        ),
    ] = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:  # fmt: skip
    """Ask every condition of everybody at once and compare with who is in; exits with 1 if anybody is not."""
    output = Output(as_json=as_json, quiet=quiet)
    found = [
        (engine, prove_segments_on(None if engine == DUCKDB else engine, at=now()))
        for engine in engines or ()
    ] or [_prove(output)]
    for engine, verdict in found:
        told = _("{engine}: 고객 {customers:,}명에게 세그먼트 {count:,}개를 물었어요.")
        count = len(verdict.segments)
        output.say(told.format(engine=engine, customers=verdict.customers, count=count))
    output.show("dangol.segments.verify/1", _told(found), _form(found))
    if broken := sorted({slug for _engine_name, verdict in found for slug in verdict.broken}):
        output.complain(_("세그먼트와 조건이 맞지 않아요: {names}").format(names=", ".join(broken)))
        raise typer.Exit(ExitCode.FAILED)
    output.say(_("세그먼트마다 조건이 말하는 바로 그 사람들이 있어요."))


def _prove(output: Output) -> tuple[str, Verdict]:
    verdict, gone = prove_segments(at=now())
    if gone:
        told = _("클러스터가 답하지 않아서 이 컴퓨터의 DuckDB로 물었어요: {why}")
        output.complain(told.format(why=gone))
    return (DUCKDB if gone else settings.ENGINE or DUCKDB), verdict


def _told(found: list[tuple[str, Verdict]]) -> dict[str, Any]:
    return {
        "is_kept": all(verdict.is_kept for _engine_name, verdict in found),
        "engines": [
            {
                "engine": engine,
                "as_of": verdict.as_of,
                "customers": verdict.customers,
                "is_kept": verdict.is_kept,
                "segments": [one._asdict() for one in verdict.segments],
                "differences": [_difference(one) for one in verdict.differences],
            }
            for engine, verdict in found
        ],
    }


def _difference(one: Difference) -> dict[str, Any]:
    return one._asdict() | {"customer_id": show_id(one.customer_id)}


def _form(found: list[tuple[str, Verdict]]) -> Group:
    table = Table(_("엔진"), _("세그먼트"), _("있는 사람"), _("틀린 사람"), _("움직이는 중"), box=None)
    for engine, verdict in found:
        for one in verdict.segments:
            counts = (one.members, one.differing, one.moving)
            table.add_row(engine, one.segment, *(f"{count:,}" for count in counts))
    lines = [_line(engine, one) for engine, verdict in found for one in verdict.differences]
    return Group(table, *lines)


def _line(engine: str, one: Difference) -> str:
    """Return a difference in one line, however narrow the terminal: ids are copied."""
    told = _(
        "{engine} {segment} {customer} 지금 있음: {now}, 모두에게 물으면: {all}, 혼자에게 물으면: {alone}"
    )
    now_, all_, alone = (
        _("예") if answer else _("아니요") for answer in (one.is_member, one.compiled, one.evaluated)
    )
    return told.format(
        engine=engine, segment=one.segment, customer=show_id(one.customer_id), now=now_, all=all_, alone=alone
    )
