"""What the commands of the server part share."""

import os

import pytest

from xuequ.cli.server import ONE_BLAS_THREAD, prepare


@pytest.mark.parametrize(("said", "held"), [(None, "1"), ("4", "4")])
def test_the_blas_stays_on_one_thread_unless_somebody_says_otherwise(
    monkeypatch: pytest.MonkeyPatch, said: str | None, held: str
) -> None:
    for name in ONE_BLAS_THREAD:
        monkeypatch.setenv(name, "")  # so that it is put back
        monkeypatch.delenv(name)
        if said is not None:
            monkeypatch.setenv(name, said)
    prepare()
    assert {os.environ[name] for name in ONE_BLAS_THREAD} == {held}
