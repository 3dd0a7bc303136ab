"""The examples in the engines' documentation are right."""

import doctest
import importlib
import pkgutil

import pytest

import xuequ.engines

MODULES = [found.name for found in pkgutil.walk_packages(xuequ.engines.__path__, "xuequ.engines.")]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0
