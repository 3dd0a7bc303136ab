"""The search's part of the demo: everything that was written in bulk is indexed."""

from xuequ.core.search.indexing import reindex_all
from xuequ.kit.demo import DemoContext


def build(demo: DemoContext) -> None:
    """Index the whole demo district."""
    demo.progress(0.0, "search")
    reindex_all()
