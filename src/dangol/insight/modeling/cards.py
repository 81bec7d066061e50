"""Model cards: what a fitted model says, of what it was made, and how far it is to be believed.

After Mitchell and others, Model Cards for Model Reporting (FAT* 2019). Texts are stable codes that a page
puts into words; docs/algorithms tells what each means.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dangol.domain.statistics import Figure


@dataclass(frozen=True, slots=True)
class Card:
    """A model card. `figures` are by name; `beats_baseline` is None where nothing was held out to tell."""

    model: str
    predicts: str
    version: str
    as_of: date
    customers: int
    features: tuple[str, ...]
    parameters: Mapping[str, float | int | str]
    baseline: str
    beats_baseline: bool | None = None
    figures: Mapping[str, Figure] = field(default_factory=dict)
    limits: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the card as plain values, fit for JSON."""
        return asdict(self) | {"as_of": self.as_of.isoformat()}


def version_of(parameters: Mapping[str, object], *arrays: NDArray[Any]) -> str:
    """Return the version of a model: 16 hexadecimal digits of SHA-256 over what it was fitted on, and how."""
    digest = hashlib.sha256(json.dumps(parameters, sort_keys=True, default=str).encode())
    for array in arrays:
        digest.update(f"{array.dtype.str}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()[:16]
