"""Where the server finds the limit program."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.bench.limit.settings")

application = get_wsgi_application()
