"""WSGI entry point."""

import os

from django.core.wsgi import get_wsgi_application

# Engine thread pools would starve the other requests of a web process.
os.environ.setdefault("POLARS_MAX_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xuequ.site.settings")
application = get_wsgi_application()
