"""Identifiers: bigint inside, a random UUID outside."""

import uuid

from django.db import models


class Identified(models.Model):
    """A row that may stand in a URL: ``uid`` is random and says nothing about the row."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)

    class Meta:
        abstract = True
