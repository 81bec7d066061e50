"""The web server's way in: the door, and the pages behind it."""

from django.conf import settings

from dangol.project.wsgi import application as pages
from dangol.web.intake import Intake, Limits

application = Intake(pages, Limits(settings.MOST_BODY_BYTES, threads=settings.WEB_THREADS))
