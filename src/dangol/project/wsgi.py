"""The web server's way in."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from dangol.web.intake import Intake, Limits

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dangol.project.settings")
pages = get_wsgi_application()
application = Intake(pages, Limits(settings.MOST_BODY_BYTES, threads=settings.WEB_THREADS))
