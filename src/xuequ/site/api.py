"""The API for devices and other programs: each system's router under ``/api/v1/<label>/``, for signed-in people."""

from functools import cache

from django.contrib.auth.decorators import login_required
from ninja import NinjaAPI
from ninja.security import SessionAuth

from xuequ import __version__
from xuequ.core.registry import systems


@cache
def build_api() -> NinjaAPI:
    """Return the mounted API; the OpenAPI document stands at ``/api/v1/openapi.json`` for those signed in."""
    api = NinjaAPI(
        title="xuequ",
        version=__version__,
        auth=SessionAuth(csrf=True),
        docs_url=None,
        docs_decorator=login_required,
    )
    for system in systems():
        router = system.router()
        if router is not None:
            api.add_router(f"/{system.label}/", router, tags=[system.label])
    return api
