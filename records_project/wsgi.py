"""The WSGI entry point, for `manage.py serve` and any other WSGI server."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "records_project.settings")

application = get_wsgi_application()

# Django would load the pages at the first request, which would wait for them.
_ = get_resolver().url_patterns

# What was loaded to start with stays: the collector need not look at it again. And a page of
# records is thousands of small objects, none of them in a cycle: at the usual 700 it would look for
# cycles several times in each request.
gc.collect()
gc.freeze()
gc.set_threshold(50_000, 20, 50)
