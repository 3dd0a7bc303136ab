"""The ``xuequ`` command. Sub-commands import what they need when they run, so that help is instant."""

from xuequ.cli.app import main

__all__ = ["main"]
