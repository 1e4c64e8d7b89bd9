"""Django with nothing switched on: no apps, no middleware; the views hold their own connections."""

SECRET_KEY = "the limit program signs nothing"
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "tests.bench.limit.urls"
USE_TZ = True
INSTALLED_APPS: list[str] = []
MIDDLEWARE: list[str] = []
LOGGING_CONFIG = None
