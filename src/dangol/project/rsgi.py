"""The web server's way in: the door, and the pages behind it."""

from pathlib import Path

from django.conf import settings

from dangol.connectors.files.places import uploads_folder
from dangol.connectors.segment.bodies import RUDDER_BYTES
from dangol.core.operations.balance import Place
from dangol.project.wsgi import application as pages
from dangol.web import uploading
from dangol.web.intake import Intake, Large, Limits
from dangol.web.refused import TRACKING


def open_door(place: Place) -> Intake:
    """Return the application of one web process, which counts what it has to do at its place."""
    large = Large(
        uploading.ADDRESS,
        uploading.may_upload,
        lambda: uploads_folder(Path(settings.HOME)),
        settings.MOST_UPLOAD_BYTES + uploading.FORM_BYTES,
    )
    limits = Limits(
        settings.MOST_BODY_BYTES,
        threads=settings.WEB_THREADS,
        quick=("/api/", "/till", "/static/"),
        quick_threads=settings.QUICK_THREADS,
        large=large,
        longer=(TRACKING, RUDDER_BYTES),
    )
    return Intake(pages, limits, place)
