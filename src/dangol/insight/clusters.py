"""Clusters: whether one answers, and which errors say that it is gone."""

import re
import socket
from urllib.parse import urlsplit

from dangol.insight.refusals import EngineGone

_REACH_S = 3
_ADDRESS = re.compile(r"spark://[^\s/:@]+(:\d{1,5})?|local\[\d{1,3}\]")
# What the errors of a cluster that went away say, whoever of its parts is the first to notice.
_LOST = (
    "stopped SparkContext", "SparkContext was shut down", "SparkContext has been shutdown",
    "All masters are unresponsive", "ExecutorLostFailure", "cancelled", "Connection refused",
    "Answer from Java side is empty", "Master removed our application",
)  # fmt: skip


def is_address(text: str) -> bool:
    """Return whether a text is written as a cluster's address: `spark://host:port`, or `local[n]`."""
    return bool(_ADDRESS.fullmatch(text))


def is_lost(error: BaseException) -> bool:
    """Return whether an error says that the cluster is gone; a wrong expression is not such an error."""
    if isinstance(error, ConnectionError):
        return True
    kind = type(error)
    if not kind.__module__.startswith(("py4j", "pyspark")):
        return False
    return kind.__name__ == "Py4JNetworkError" or any(words in str(error) for words in _LOST)


def reach(address: str) -> None:
    """Raise EngineGone unless the master at `spark://host:port` takes connections; `local[n]` always does."""
    place = urlsplit(address)
    if place.scheme != "spark":
        return
    try:
        with socket.create_connection((place.hostname or "", place.port or 7077), timeout=_REACH_S):
            pass
    except (OSError, ValueError) as error:
        raise EngineGone(address=address, reason=first_line(error)) from error


def first_line(error: BaseException) -> str:
    """Return the first line of what an error says, or its kind: errors of a cluster say pages."""
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
