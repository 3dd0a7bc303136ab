"""Requests that a machine makes up, right and wrong, to every route of the API in every role."""

from typing import Any
from uuid import UUID, uuid4

import pytest
import schemathesis
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from schemathesis import GenerationMode, checks

from tests.security import matrix
from tests.security.columns import COLUMNS, Column, Place
from tests.security.objects import OBJECTS
from tests.security.world import World
from xuequ.site.api import build_api

pytestmark = pytest.mark.django_db
BEFORE = "api/v1"
EXAMPLES = 12
CHECKS = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
BOUNDED = examples(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    database=None,
)


def operations() -> list[Any]:
    """Return the operations of the mounted API as its own document describes them."""
    schema = schemathesis.openapi.from_dict(build_api().get_openapi_schema())
    schema.app = get_wsgi_application()
    return [found.ok() for found in schema.get_all_operations()]


OPERATIONS = operations()


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: column.code)
def test_made_up_requests_are_answered_as_the_document_says(
    world: World, column: Column, operation: Any
) -> None:
    pattern = operation.path.lstrip("/")
    cookies = {name: morsel.value for name, morsel in world.own[column.code].client.cookies.items()}
    cases = [operation.as_strategy(generation_mode=mode) for mode in GenerationMode]
    seen: list[int] = []

    @BOUNDED
    @given(case=st.one_of(cases), place=st.sampled_from(Place))
    def ask(case: Any, place: Place) -> None:
        _name_objects(world, column, pattern, case, place)
        with transaction.atomic():
            response = case.call(cookies=cookies)
            transaction.set_rollback(True)
        seen.append(response.status_code)
        case.validate_response(response, checks=CHECKS)
        text = matrix.readable(response.content)
        words, schools = frozenset(matrix.WORDS.findall(text)), frozenset(matrix.SCHOOLS.findall(text))
        answer = matrix.Answer("+", response.status_code, words, schools)
        assert not matrix.faults_of(world, column, pattern, f"{case.method} {case.path}", answer)

    ask()
    assert len(seen) >= EXAMPLES // 2
    assert set(seen) == {401} if column.code == "an" else 401 not in seen


def _name_objects(world: World, column: Column, pattern: str, case: Any, place: Place) -> None:
    """Put real objects into the address, own and foreign; at other times what was made up stays."""
    for name in case.path_parameters or {}:
        prefix = pattern[: pattern.index(f"{{{name}}}") + len(name) + 2]
        found = OBJECTS[prefix](world, column, place) if place in {Place.OWN, Place.FAR} else None
        if place == Place.GONE:
            case.path_parameters[name] = str(uuid4())
        if found is not None:
            case.path_parameters[name] = found if isinstance(found, str) else str(UUID(str(found.uid)))


def test_the_session_of_the_tests_is_the_one_of_the_document() -> None:
    scheme = build_api().get_openapi_schema()["components"]["securitySchemes"]["SessionAuth"]
    assert scheme["name"] == settings.SESSION_COOKIE_NAME


def test_every_route_of_the_api_is_asked() -> None:
    mounted = {
        route.pattern for route in matrix.routes() if route.pattern.startswith(BEFORE) and route.prefixes
    } | {"api/v1/growth/runs"}
    assert {operation.path.lstrip("/") for operation in OPERATIONS} >= mounted
