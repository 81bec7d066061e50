"""The pages as plain WSGI: what the door (`rsgi`) calls, and any other server may."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dangol.project.settings")
application = get_wsgi_application()
