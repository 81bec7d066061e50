"""The container files: what they promise can be read from them; they are built where an engine is."""

import re
import shutil
import subprocess
from typing import Any

import pytest
import yaml

from docs.generate import settings_table
from tests.house_rules import ROOT
from tests.reports import NO_ENGINE
from tests.waiting import PATIENCE

CONTAINERFILE = (ROOT / "Containerfile").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
ENGINES = ("docker", "podman")


def steps(word: str) -> list[str]:
    """Return what follows an instruction, with its continued lines."""
    joined = re.sub(r"\\\n\s*", "", CONTAINERFILE)
    return re.findall(rf"^{word} (.+)$", joined, re.MULTILINE)


def test_containerfile__last_stage__is_nobody_s_root_and_says_how_it_is() -> None:
    last = CONTAINERFILE[CONTAINERFILE.rindex("\nFROM ") :]

    assert re.search(r"^USER 10001:10001$", last, re.MULTILINE)
    assert last.index("USER 10001") > last.rindex("RUN ")
    assert "/readyz" in last
    assert steps("STOPSIGNAL") == ["SIGTERM"]
    assert steps("ENTRYPOINT") == ['["dangol"]']


def test_containerfile__packages__come_by_hash_and_nothing_secret_is_copied() -> None:
    assert any("--require-hashes -r requirements/demo.lock" in step for step in steps("RUN"))
    assert not [step for step in steps("COPY") if "secret" in step or step.startswith(". ")]
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert {".git", "secrets", "demo-shop"} <= set(ignored)
    assert "/secrets/" in (ROOT / ".gitignore").read_text().split()
    for step in steps("COPY"):
        if "--from" not in step:
            assert all((ROOT / name).exists() for name in step.split()[:-1]), step


def test_containerfile__pg_dump__is_not_older_than_the_servers() -> None:
    client = re.search(r"postgresql-client-(\d+)", CONTAINERFILE)
    assert client

    for name in ("data", "keys"):
        server = re.fullmatch(r"postgres:(\d+)-\w+", SERVICES[name]["image"])
        assert server
        assert int(server[1]) <= int(client[1])


@pytest.mark.parametrize("name", SERVICES)
def test_compose__each_service__is_hardened(name: str) -> None:
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not service.get("privileged")
    assert name == "shop" or service["user"] == "postgres"


def test_compose__secrets__are_files_and_never_values() -> None:
    text = (ROOT / "compose.yaml").read_text()
    assert not re.search(r"(PASSWORD|SECRET_KEY|MASTER_KEYS|_URL|TOKEN): ", text)
    used = {one for service in SERVICES.values() for one in service["secrets"]}

    assert used == set(COMPOSE["secrets"])
    guide = (ROOT / "docs" / "operate" / "run.md").read_text()
    for name, secret in COMPOSE["secrets"].items():
        assert secret == {"file": f"secrets/{name}"}
        assert f"> secrets/{name}" in guide


def test_compose__keys__have_a_server_a_volume_and_a_network_of_their_own() -> None:
    data, keys = SERVICES["data"], SERVICES["keys"]

    assert not set(data["volumes"]) & set(keys["volumes"])
    assert not set(data["networks"]) & set(keys["networks"])
    assert all(COMPOSE["networks"][name]["internal"] for name in ("data", "keys"))
    assert not data.get("ports")
    assert not keys.get("ports")


def test_compose__shop__listens_on_this_machine_waits_for_health_and_has_time_to_drain() -> None:
    shop = SERVICES["shop"]

    assert all(port.startswith("127.0.0.1:") for port in shop["ports"])
    assert {one["condition"] for one in shop["depends_on"].values()} == {"service_healthy"}
    assert int(shop["stop_grace_period"].removesuffix("s")) > 30
    assert all("healthcheck" in SERVICES[name] for name in ("data", "keys"))
    assert set(shop["environment"]) <= settings_table().keys()
    volumes = {one.partition(":")[0] for service in SERVICES.values() for one in service["volumes"]}
    assert volumes == set(COMPOSE["volumes"])


def test_containerfile__built_where_an_engine_is() -> None:
    engine = next((name for name in ENGINES if shutil.which(name) and _answers(name)), None)
    if engine is None:
        pytest.skip(f"{NO_ENGINE}: what the files say was read above, nothing was built.")
    built = subprocess.run(
        [engine, "build", "-q", "-f", "Containerfile", "."], cwd=ROOT, capture_output=True, check=False
    )
    assert built.returncode == 0, built.stderr.decode()


def _answers(engine: str) -> bool:
    return (
        subprocess.run([engine, "info"], capture_output=True, check=False, timeout=PATIENCE).returncode == 0
    )
