"""The index of the search: one row for each thing that can be found, as tokens; never the text itself."""

from django.db import models


class SearchEntry(models.Model):
    """What is known of one thing of a kind. Newer rows stand higher in the results.

    The database keeps its full-text index beside this table by itself (see the migration), so rows are written like
    any others. ``object_id`` is the primary key of the thing in the model that its source names.
    """

    kind = models.CharField(max_length=24)
    object_id = models.BigIntegerField()
    tokens = models.TextField()

    class Meta:
        indexes = [models.Index(fields=["kind", "id"], name="core_search_newest")]
        constraints = [models.UniqueConstraint(fields=["kind", "object_id"], name="core_search_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id}"
