"""Proving who is in which segment on the instance's engine, and noting how it came out."""

import logging
from datetime import datetime

from django.conf import settings

from dangol.core.operations.models import ProofName
from dangol.core.operations.proofs import note_proof
from dangol.core.segments.verifying import Verdict, verify_segments
from dangol.insight.engine import Limits, open_engine, with_fallback

logger = logging.getLogger(__name__)


def prove_segments(*, at: datetime) -> tuple[Verdict, str | None]:
    """Check all segments on the instance's engine (`DANGOL_ENGINE`) and note whether they held.

    Returns what was found, and why it was DuckDB where the cluster is gone.
    """
    verdict, gone = with_fallback(
        settings.ENGINE or None, _limits(), lambda engine: verify_segments(engine, as_of=at)
    )
    if gone:
        logger.warning("the cluster did not answer, segments were checked on this machine: %s", gone)
    _note(verdict, at=at)
    return verdict, gone


def prove_segments_on(address: str | None, *, at: datetime) -> Verdict:
    """Check all segments on one engine (None: DuckDB) and on no other. Raises EngineGone."""
    with open_engine(address, _limits()) as engine:
        verdict = verify_segments(engine, as_of=at)
    _note(verdict, at=at)
    return verdict


def _note(verdict: Verdict, *, at: datetime) -> None:
    broken = verdict.broken
    note_proof(ProofName.SEGMENTS, at=at, broken=len(broken), told=", ".join(broken))


def _limits() -> Limits:
    return Limits(settings.HOME / "scratch")
