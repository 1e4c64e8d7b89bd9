"""The WSGI entry point, for `manage.py serve` and any other WSGI server."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "records_project.settings")

application = get_wsgi_application()
