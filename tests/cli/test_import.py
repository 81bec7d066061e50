"""`dangol import` as its user runs it."""

from pathlib import Path

from tests.cli.instances import made_instance

ORDERS = (
    "주문번호,회원번호,판매일시,상품코드,판매금액\n1,a,2026-03-01 10:00,A,1000\n2,b,2026-03-02 10:00,A,oops\n"
)


def test_import__preview_dry_run_import_jobs_undo__each_with_its_exit_code(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_bytes(ORDERS.encode("cp949"))
    with made_instance(tmp_path) as instance:
        shown = instance.run("import", "orders", str(path), "--preview", "--json")
        tried = instance.run("import", "orders", str(path), "--dry-run", "--json")
        taken = instance.run("import", "orders", str(path), "--json")
        again = instance.run("import", "orders", str(path), "--json", "--quiet")
        narrow = instance.run("import", "jobs", COLUMNS="60")
        jobs = instance.run("import", "jobs", "--json")
        undone = instance.run("import", "undo", taken.data["job"], "--json")
        afresh = instance.run("import", "orders", str(path), "--json")
        english = instance.run("import", "orders", str(path), "--dry-run", DANGOL_LANG="en")
        missing = instance.run("import", "orders", str(tmp_path / "none.csv"))
        unknown = instance.run("import", "orders", str(path), "--map", "amount=없는열")
        misused = instance.run("import", "orders", str(path), "--map", "amount")
        meant = instance.run("import", "orders", str(path), "--zone", "Mars/Olympus", "--json")

    assert (shown.code, shown.data["mapping"]["amount"]) == (0, "판매금액")
    assert (tried.code, tried.data["totals"]["orders"], tried.data["job"]) == (5, 1, None)
    assert (taken.code, taken.data["good"], taken.data["bad"]) == (5, 1, 1)
    assert (
        Path(taken.data["errors"])
        .read_text(encoding="utf-8-sig")
        .splitlines()[1]
        .startswith("orders.csv,3,amount,oops,")
    )
    assert "고객을 찾는 중: 1 / 1" in taken.words
    assert "가져오는 중: 1 / 1" in taken.words
    assert (again.code, again.data["repeat"]) == (5, True)
    assert taken.data["job"] in narrow.out
    assert [job["state"] for job in jobs.data["jobs"]] == ["done"]
    assert (undone.code, undone.data["reversed"]) == (0, 1)
    assert "--source" in undone.words
    assert (afresh.code, afresh.data["counts"]["undone"]) == (5, 1)
    assert "--source" in afresh.words
    assert "1 wrong line is written here" in english.words
    assert (missing.code, unknown.code, misused.code) == (3, 4, 2)
    assert (meant.code, meant.data["error"]["code"]) == (2, "files.bad_option")


def test_import__a_kind_that_is_corrected_instead__names_no_undo(tmp_path: Path) -> None:
    people, orders = tmp_path / "people.csv", tmp_path / "orders.csv"
    people.write_text("customer\na\n")
    orders.write_text("order,customer,date,sku,amount\n1,a,2026-03-01,A,1000\n")
    with made_instance(tmp_path) as instance:
        corrected = instance.run("import", "customers", str(people))
        undone = instance.run("import", "orders", str(orders))

    assert (corrected.code, "import undo" in corrected.words) == (0, False)
    assert (undone.code, "import undo" in undone.words) == (0, True)
