"""`dangol people`: merging, erasing and exporting a person, and keeping their records for a court."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from django.conf import settings
from django.utils.translation import gettext as _
from rich.table import Table

from dangol.cli.actors import at_terminal
from dangol.cli.exits import ExitCode
from dangol.cli.output import JsonOption, Output, QuietOption, tell_passphrase
from dangol.connectors.files.exports.locked import lock_files, make_passphrase
from dangol.connectors.files.exports.person import as_csv_files, as_zip
from dangol.core.access.acts import (
    erase_customer,
    merge_customers,
    place_hold,
    release_hold,
    undo_merge,
)
from dangol.core.access.takeout import take_out
from dangol.core.ledger.selectors import balances_of
from dangol.core.people.erasures import find_erasure
from dangol.core.people.holds import holds_of, refuse_if_held
from dangol.core.people.identities import Kind
from dangol.core.people.merged import family_of, resolve_merged
from dangol.core.people.merges import MergePlan, preview_merge
from dangol.core.people.profiles import UnknownCustomer
from dangol.core.people.retention import last_runs, record_classes, retain
from dangol.core.people.selectors import find_by_identity, names_of, shop
from dangol.core.storage.ids import Id, parse_id, show_id
from dangol.project.clock import now
from dangol.rooms.rewards.selectors import list_programs, standings_of

app = typer.Typer(no_args_is_help=True)

_WHO = _("고객: 우리 번호, 또는 external:…, email:…, phone:…, card:….")
CustomerArgument = Annotated[str, typer.Argument(metavar="CUSTOMER", help=_WHO)]
ReasonOption = Annotated[str, typer.Option("--reason", help=_("까닭. 기록에 남아요."))]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help=_("무엇을 할지 보여 주고 아무것도 쓰지 않아요."))
]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help=_("묻지 않고 해요."))]


@app.callback()
def people() -> None:
    """Merge, erase and export people."""


def find_customer(who: str) -> Id:
    """Return the customer that `who` names, by our id or by `kind:value`; raises UnknownCustomer.

    An id that was merged is given as it is: whoever calls says which of the two they mean.
    """
    kind, colon, value = who.partition(":")
    if colon and kind in set(Kind):
        if found := find_by_identity(kind, [value]):
            return found[value]
        raise UnknownCustomer(customer_id=kind)
    try:
        return parse_id(who)
    except ValueError:
        raise UnknownCustomer(customer_id=who) from None


@app.command(help=_("두 고객을 한 사람으로 합쳐요: 앞의 고객이 남고 뒤의 고객이 그 일부가 돼요."))
def merge(
    keep: CustomerArgument,
    absorb: CustomerArgument,
    reason: ReasonOption = "",
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Merge two customers who are one person."""
    output = Output(as_json=as_json, quiet=quiet)
    kept, absorbed = resolve_merged([find_customer(keep)]).popitem()[1], find_customer(absorb)
    plan = preview_merge(kept, absorbed, at=now())
    told = _told(plan) | {"dry_run": dry_run}
    if not dry_run:
        _ask(output, _("{absorbed}을(를) {kept}에 합칠까요?").format(**_labels(plan)), yes=yes)
        merge_customers(kept, absorbed, actor=at_terminal(), reason=reason, at=now())
    output.show("dangol.people.merge/1", told, _table(told))
    output.say(
        _("보여 주기만 했어요.") if dry_run else _("합쳤어요. 되돌리려면 `dangol people unmerge`를 쓰세요.")
    )


def _labels(plan: MergePlan) -> dict[str, str]:
    names = names_of([plan.kept_id, plan.absorbed_id])
    return {"kept": names[plan.kept_id].label, "absorbed": names[plan.absorbed_id].label}


def _told(plan: MergePlan) -> dict[str, Any]:
    both = [plan.kept_id, plan.absorbed_id]
    return {
        "kept": show_id(plan.kept_id),
        "absorbed": show_id(plan.absorbed_id),
        "filled": list(plan.filled),
        "identities": plan.identities,
        "consents": [
            {"channel": one.channel, "purpose": one.purpose, "granted": one.granted} for one in plan.consents
        ],
        "joined_at": plan.joined_at,
        "points": {
            currency: [balances_of([one], currency)[one]._asdict() for one in both]
            for currency in sorted({program.points_currency for program in list_programs()})
        },
        "tiers": [one.tier.key for one in standings_of(both, as_of=now()).values()]
        if list_programs()
        else [],
    }


def _ask(output: Output, question: str, *, yes: bool) -> None:
    """Ask at a terminal; where nobody can answer, `--yes` has to say it."""
    if yes:
        return
    if output.as_json or not output.words.is_terminal:
        output.complain(_("물어볼 수 없어요. 정말 하려면 --yes를 붙이세요."))
        raise typer.Exit(ExitCode.USAGE)
    if not typer.confirm(question, err=True):
        raise typer.Exit(ExitCode.REFUSED)


@app.command(help=_("합친 것을 되돌려요: 합쳐진 쪽의 고객을 적으세요."))
def unmerge(
    customer: CustomerArgument,
    reason: ReasonOption = "",
    yes: YesOption = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Undo the merge by which a customer became part of another."""
    output = Output(as_json=as_json, quiet=quiet)
    absorbed = find_customer(customer)
    _ask(output, _("합친 것을 되돌릴까요?"), yes=yes)
    kept = undo_merge(absorbed, actor=at_terminal(), reason=reason, at=now())
    told = {"kept": show_id(kept), "absorbed": show_id(absorbed)}
    output.show("dangol.people.unmerge/1", told, _table(told))
    output.say(_("되돌렸어요. 남은 포인트는 곧 돌아가요."))


@app.command(help=_("한 사람을 지워요: 키를 없애서 되돌릴 수 없어요. 주문과 포인트는 번호로만 남아요."))
def erase(
    customer: CustomerArgument,
    reason: ReasonOption = "",
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Forget a person for good."""
    output = Output(as_json=as_json, quiet=quiet)
    ids = family_of(find_customer(customer))
    names = names_of(ids)
    if not names:
        raise UnknownCustomer(customer_id=show_id(ids[0]))
    refuse_if_held(ids, at=now())
    if not dry_run:
        question = _("{name}을(를) 지울까요? 되돌릴 수 없어요.")
        _ask(output, question.format(name=names[ids[0]].label), yes=yes)
        ids = erase_customer(ids[0], actor=at_terminal(), reason=reason, at=now())
    found = find_erasure(ids[0])
    told = {
        "customer_ids": [show_id(one) for one in ids],
        "dry_run": dry_run,
        "finished_at": found.finished_at if found else None,
    }
    output.show("dangol.people.erase/1", told, _table(told))
    output.say(_("보여 주기만 했어요.") if dry_run else _("지웠어요. 키 저장소의 백업은 35일 안에 없애세요."))


@app.command(help=_("한 사람에 대해 가진 모든 것을 파일로 써요: .json, 또는 CSV를 담은 .zip."))
def export(
    customer: CustomerArgument,
    file: Annotated[Path, typer.Argument(metavar="FILE", help=_("쓸 파일: .json이나 .zip."))],
    encrypt: Annotated[
        bool,
        typer.Option("--encrypt", help=_("암호로 잠근 ZIP(AES-256)으로 써요. 암호는 한 번만 보여 줘요.")),
    ] = False,
    reason: ReasonOption = "",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Write all that is held about a person to a file."""
    output = Output(as_json=as_json, quiet=quiet)
    locked = encrypt or settings.ENCRYPT_EXPORTS
    if locked and file.suffix != ".zip":
        raise typer.BadParameter(_("잠근 파일의 이름은 .zip으로 끝나야 해요."))
    if file.suffix not in (".json", ".zip"):
        raise typer.BadParameter(_("파일 이름은 .json이나 .zip으로 끝나야 해요."))
    if file.exists():
        raise typer.BadParameter(_("이미 있는 파일이에요. 다른 이름을 주세요."))
    taken = take_out(find_customer(customer), actor=at_terminal(), reason=reason, at=now())
    passphrase = make_passphrase() if locked else ""
    content = taken.as_json() if file.suffix == ".json" else as_zip(taken.sections)
    if locked:
        content = lock_files(as_csv_files(taken.sections), passphrase)
    # Nobody but its owner is to read it.
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
        target.write(content)
    rows = {name: len(facts) for name, facts in taken.sections.items()}
    told = {"file": file, "rows": rows} | ({"passphrase": passphrase} if passphrase else {})
    output.show("dangol.people.export/1", told, _table(rows))
    tell_passphrase(passphrase, output)
    output.say(_("{file}에 썼어요. 가려지지 않은 개인정보예요.").format(file=file))


@app.command(help=_("한 사람의 기록을 지우지 못하게 하거나(--until까지), --release로 풀어요."))
def hold(
    customer: CustomerArgument,
    reason: ReasonOption = "",
    until: Annotated[str, typer.Option("--until", help=_("이 날 앞까지(YYYY-MM-DD, 가게의 시간대)."))] = "",
    release: Annotated[str, typer.Option("--release", help=_("풀 보존의 번호."))] = "",
    show: Annotated[bool, typer.Option("--show", help=_("걸린 보존을 보여 주기만 해요."))] = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Put a person under a legal hold, release one, or show them."""
    output = Output(as_json=as_json, quiet=quiet)
    owner = find_customer(customer)
    if release:
        release_hold(owner, _hold_id(release), actor=at_terminal(), reason=reason, at=now())
    elif not show:
        place_hold(owner, actor=at_terminal(), reason=reason, at=now(), until=_day(until))
    holds = [
        {
            "hold": show_id(one.id), "since": one.since, "until": one.until, "reason": one.reason,
            "by": one.actor, "released_at": one.released_at, "in_force": one.is_in_force(now()),
        }
        for one in holds_of([owner])
    ]  # fmt: skip
    table = Table("hold", "since", "until", "reason", "released_at", box=None)
    for one in holds:
        table.add_row(*(str(one[name] or "") for name in ("hold", "since", "until", "reason", "released_at")))
    output.show("dangol.people.holds/1", {"customer": show_id(owner), "holds": holds}, table)


def _hold_id(text: str) -> Id:
    try:
        return parse_id(text)
    except ValueError:
        raise typer.BadParameter(_("보존의 번호가 아니에요: {text}").format(text=text)) from None


def _day(text: str) -> datetime | None:
    if not text:
        return None
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=shop().tz)
    except ValueError:
        raise typer.BadParameter(_("YYYY-MM-DD로 적으세요: {text}").format(text=text)) from None
    return day.astimezone(UTC)


@app.command(help=_("기록의 종류마다 얼마나 보관하는지 보여 줘요. --run은 지난 것을 지금 지워요."))
def retention(
    run: Annotated[bool, typer.Option("--run", help=_("보관할 때가 지난 것을 지금 지워요."))] = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Show the retention table, or remove now what is over by it."""
    output = Output(as_json=as_json, quiet=quiet)
    if run:
        retain(as_of=now())
    removed = [
        {"at": at, "record_class": one.name, "before": one.before, "removed": one.records}
        for at, one in last_runs()
    ]
    classes = [
        {
            "record_class": one.name, "label": str(one.label), "days": one.kept.days if one.kept else None,
            "ground": str(one.ground), "is_removed_here": one.remove is not None and one.kept is not None,
        }
        for one in record_classes()
    ]  # fmt: skip
    table = Table("record_class", "days", "", "", box=None)
    for row in classes:
        table.add_row(
            str(row["record_class"]), str(row["days"] or "–"), str(row["label"]), str(row["ground"])
        )
    output.show("dangol.people.retention/1", {"classes": classes, "removed": removed}, table)


def _table(told: Mapping[str, Any]) -> Table:
    table = Table(box=None, show_header=False)
    for name, value in told.items():
        table.add_row(name, "" if value is None else str(value))
    return table
