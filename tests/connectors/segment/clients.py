"""The clients that shops have: Segment's and RudderStack's, unchanged, pointed at a server of ours."""

from typing import Any

from rudderstack.analytics.client import Client as RudderClient
from segment.analytics.client import Client as SegmentClient

KINDS = ("segment", "segment-gzip", "rudder")


def open_client(kind: str, url: str, write_key: str, failed: list[Any], **given: Any) -> Any:
    """Return a client; what it could not send is put into `failed`."""

    def note(error: Exception, items: Any) -> None:
        failed.append((error, len(items)))

    if kind == "rudder":
        return RudderClient(write_key, host=url, on_error=note, **given)
    return SegmentClient(write_key, host=url, on_error=note, gzip=kind == "segment-gzip", **given)


def close(client: Any) -> None:
    """Send what waits, and end the client's threads."""
    client.flush()
    client.join()
