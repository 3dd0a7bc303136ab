"""What every route of the API may answer besides its own: the refusals, as the OpenAPI document names them."""

from typing import Any

from ninja import Schema


class Refusal(Schema):
    """Why nothing was given; ``detail`` is a sentence."""

    detail: str


class Misread(Schema):
    """What in the request could not be read: for each fault its place and a sentence."""

    detail: list[dict[str, Any]]


REFUSALS: dict[int, type[Schema]] = {401: Refusal, 403: Refusal, 422: Misread}
"""Not signed in; something on the pages waits for this person first, or a role without the right; unreadable."""

REFUSALS_FOR_ONE: dict[int, type[Schema]] = REFUSALS | {404: Refusal}
"""For routes that name an object: it does not exist, or not for this person."""
