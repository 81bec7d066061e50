"""`dangol import`: any retailer's files, shown before they are taken, taken once, and undone if need be."""

import json
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from django.conf import settings
from django.utils.translation import gettext as _, ngettext
from rich.table import Column, Table

from dangol.cli.exits import ExitCode
from dangol.cli.output import JsonOption, Output, QuietOption, Tracker
from dangol.connectors.files import services
from dangol.connectors.files.columns import MAKES_CUSTOMERS, Kind
from dangol.connectors.files.jobs import Request, find_job
from dangol.connectors.files.loaders.base import Step
from dangol.connectors.files.models import ImportJob
from dangol.connectors.files.problems import Problem
from dangol.connectors.files.undo import can_undo, undo_import
from dangol.core.storage.ids import show_id
from dangol.project.clock import now
from dangol.rooms.rewards.services import give_tiers

_SHOWN_JOBS = 50

app = typer.Typer(no_args_is_help=True)

FilesArgument = Annotated[
    list[Path], typer.Argument(help=_("CSV나 Parquet 파일이에요. 여럿이면 한 번에 함께 가져와요."))
]
MapOption = Annotated[
    list[str] | None,
    typer.Option("--map", help=_("열을 손으로 맞춰요: amount=판매금액. 빼려면 discount= 처럼 비워 두세요.")),
]
TraitsOption = Annotated[
    list[str] | None, typer.Option("--traits", help=_("고객의 특성으로 둘 열이에요. *는 남은 열 모두예요."))
]
PreviewOption = Annotated[bool, typer.Option("--preview", help=_("첫 20줄을 이해한 대로 보여 줘요."))]
DryOption = Annotated[
    bool, typer.Option("--dry-run", help=_("모두 읽고 따져 보기만 하고, 아무것도 쓰지 않아요."))
]
EncodingOption = Annotated[
    str | None, typer.Option("--encoding", help=_("글자 인코딩: utf-8, cp949, utf-16 …"))
]
DelimiterOption = Annotated[str | None, typer.Option("--delimiter", help=_("칸을 나누는 기호예요."))]
ZoneOption = Annotated[
    str, typer.Option("--zone", help=_("시간대가 적히지 않은 때의 시간대예요. 없으면 가게의 시간대예요."))
]
SourceOption = Annotated[
    str, typer.Option("--source", help=_("번호를 매긴 곳의 이름이에요. 번호는 출처마다 따로예요."))
]
CutOverOption = Annotated[
    str, typer.Option("--cut-over", help=_("이 날 앞의 주문은 이력과 등급만 만들고 적립하지 않아요."))
]
CreateOption = Annotated[
    bool | None, typer.Option("--create/--no-create", help=_("모르는 고객을 새로 만들지 정해요."))
]
PointsOption = Annotated[
    str, typer.Option("--points", help=_("포인트 종류의 코드예요. 하나뿐이면 적지 않아도 돼요."))
]


def read_choices(pairs: Sequence[str]) -> dict[str, str]:
    """Return `--map` options as a mapping; raises BadParameter for one without an equals sign."""
    chosen = {}
    for pair in pairs:
        name, equals, header = pair.partition("=")
        if not equals:
            raise typer.BadParameter(_("‘{pair}’: amount=판매금액처럼 적어 주세요.").format(pair=pair))
        chosen[name.strip()] = header.strip()
    return chosen


def _import_command(kind: Kind) -> Any:
    def command(
        files: FilesArgument,
        choices: MapOption = None,
        traits: TraitsOption = None,
        previews: PreviewOption = False,
        is_dry: DryOption = False,
        encoding: EncodingOption = None,
        delimiter: DelimiterOption = None,
        zone: ZoneOption = "",
        source: SourceOption = "file",
        cut_over: CutOverOption = "",
        creates: CreateOption = None,
        points: PointsOption = "",
        as_json: JsonOption = False,
        quiet: QuietOption = False,
    ) -> None:
        request = Request(
            kind=kind,
            paths=tuple(files),
            chosen=read_choices(choices or []),
            traits=tuple(traits or ()),
            encoding=encoding,
            delimiter="\t" if delimiter in {"tab", "\\t"} else delimiter,
            zone=zone,
            source=source,
            cut_over=cut_over,
            create=kind in MAKES_CUSTOMERS if creates is None else creates,
            points_currency=points,
        )
        output = Output(as_json=as_json, quiet=quiet)
        if previews:
            _preview(request, output)
        else:
            _import(request, output, is_dry=is_dry)

    command.__doc__ = _("{kind} 파일을 가져와요. 열과 값의 뜻은 docs/start/import.md에 있어요.").format(
        kind=kind.value
    )
    return command


for _kind in Kind:
    app.command(_kind.value)(_import_command(_kind))


def _preview(request: Request, output: Output) -> None:
    shown = services.preview(request, at=now())
    mapping = shown.mappings[0]
    output.say(
        _("이렇게 이해했어요: {pairs}").format(
            pairs=", ".join(f"{name}={header}" for name, header in mapping.items())
        )
    )
    table = Table(*shown.columns)
    for row in shown.rows:
        table.add_row(*("" if cell is None else str(cell) for cell in row))
    for problem in shown.problems:
        output.say(
            f"{problem.file}:{problem.line} {problem.column} ‘{problem.value}’ {services.say_why(problem)[0]}"
        )
    output.show(
        "dangol.import.preview/1",
        {
            "mapping": mapping,
            "rows": [dict(zip(shown.columns, row, strict=True)) for row in shown.rows],
            "problems": [_told(problem) for problem in shown.problems],
        },
        table,
    )


def _told(problem: Problem) -> dict[str, Any]:
    told = problem._asdict()
    del told["facts"]  # only what services refuse has any
    return told


def _import(request: Request, output: Output, *, is_dry: bool) -> None:
    at, home = now(), Path(settings.HOME)
    if is_dry:
        report = services.dry_run(request, at=at, folder=services.new_folder(home), give_tiers=give_tiers)
    else:
        report = _run(request, output, at, home)
    _say(report, output, is_dry=is_dry)
    if report.bad:
        raise typer.Exit(ExitCode.PARTLY_DONE)


def _run(request: Request, output: Output, at: datetime, home: Path) -> services.Report:
    """Import, and show how it goes on once it is known how much there is to do."""
    labels = {Step.CUSTOMERS: _("고객을 찾는 중"), Step.WRITE: _("가져오는 중")}
    with ExitStack() as stack:
        trackers: dict[Step, Tracker] = {}

        def tell(step: Step, done: int, total: int) -> None:
            if step is Step.READ:
                output.say(_("파일을 읽고 있어요 …"))
                return
            if step not in trackers:
                stack.close()  # a terminal shows one bar at a time
                trackers[step] = stack.enter_context(output.track(labels[step], total))
            trackers[step](done)

        return services.run_import(request, at=at, home=home, give_tiers=give_tiers, tell=tell)


def _say(report: services.Report, output: Output, *, is_dry: bool) -> None:
    for mapping in report.mappings:
        output.say(
            _("열: {pairs}").format(pairs=", ".join(f"{name}={header}" for name, header in mapping.items()))
        )
    if report.is_repeat:
        output.say(_("이미 가져온 파일이에요. 아무것도 바꾸지 않았어요."))
    table = Table(show_header=False)
    shown = {"rows": report.rows, "good": report.good, "bad": report.bad, **report.totals, **report.counts}
    for name, value in shown.items():
        table.add_row(name, f"{value:,}" if isinstance(value, int) else str(value))
    if report.errors:
        output.complain(
            ngettext(
                "잘못된 줄 {bad:,}개를 여기에 적었어요: {path}",
                "잘못된 줄 {bad:,}개를 여기에 적었어요: {path}",
                report.bad,
            ).format(bad=report.bad, path=report.errors)
        )
    if undone := report.counts.get("undone"):
        output.complain(
            _(
                "{count:,}건은 앞서 가져왔다가 되돌린 것이어서 가져오지 않았어요."
                " 다시 가져오려면 --source에 다른 이름을 적으세요."
            ).format(count=undone)
        )
    data = {
        "job": show_id(report.job.id) if report.job else None,
        "dry_run": is_dry,
        "repeat": report.is_repeat,
        "rows": report.rows,
        "good": report.good,
        "bad": report.bad,
        "totals": report.totals,
        "counts": report.counts,
        "mappings": report.mappings,
        "errors": report.errors,
    }
    output.show("dangol.import/1", data, table)
    if report.job and not report.is_repeat and can_undo(Kind(report.job.kind)):
        output.say(_("되돌리려면: dangol import undo {job}").format(job=show_id(report.job.id)))


@app.command("jobs")
def jobs(as_json: JsonOption = False, quiet: QuietOption = False) -> None:
    """Show the latest imports."""
    output = Output(as_json=as_json, quiet=quiet)
    found = list(ImportJob.objects.order_by("-started_at")[:_SHOWN_JOBS])
    whole = max((len(show_id(job.id)) for job in found), default=0)  # an id cut short is none
    table = Table(
        Column("job", min_width=whole, no_wrap=True),
        "kind",
        "state",
        "files",
        "rows",
        "bad",
        "done",
        "started",
    )
    for job in found:
        started = f"{job.started_at:%Y-%m-%d %H:%M}"
        counts = (f"{job.row_count:,}", f"{job.bad_count:,}", f"{job.done_count:,}/{job.item_count:,}")
        table.add_row(show_id(job.id), job.kind, job.state, ", ".join(_names(job)), *counts, started)
    output.show("dangol.import.jobs/1", {"jobs": [_facts(job) for job in found]}, table)


def _names(job: ImportJob) -> list[str]:
    return [one["name"] for one in json.loads(job.files)]


def _facts(job: ImportJob) -> dict[str, Any]:
    return {
        "job": show_id(job.id),
        "kind": job.kind,
        "state": job.state,
        "files": _names(job),
        "rows": job.row_count,
        "bad": job.bad_count,
        "done": job.done_count,
        "items": job.item_count,
        "started_at": job.started_at,
    }


@app.command("undo")
def undo(
    job: Annotated[str, typer.Argument(help=_("되돌릴 가져오기의 번호, 또는 그 앞부분이에요."))],
    skips_spent: Annotated[
        bool, typer.Option("--skip-spent", help=_("포인트를 이미 쓴 것은 남기고 나머지를 되돌려요."))
    ] = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Undo an import by reversals; refused where points it led to are spent already."""
    output = Output(as_json=as_json, quiet=quiet)
    found = find_job(job)
    undone = undo_import(found, at=now(), home=Path(settings.HOME), skips_spent=skips_spent)
    output.say(
        _("{count:,}건을 되돌렸고 {kept:,}건은 남겨 두었어요.").format(
            count=undone.reversed, kept=undone.kept
        )
    )
    if found.kind in {Kind.ORDERS, Kind.BALANCES}:
        output.say(_("되돌린 것을 다시 가져오려면, 고친 파일이라도 --source에 다른 이름을 적으세요."))
    output.show("dangol.import.undo/1", undone._asdict())
    if undone.kept:
        raise typer.Exit(ExitCode.PARTLY_DONE)
