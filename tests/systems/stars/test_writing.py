"""How points are written."""

from xuequ.systems.stars.templatetags.stars import change


def test_changes_carry_their_sign() -> None:
    assert [change(value) for value in (1.5, -2.0, 0.0, -0.04)] == ["+1.5", "−2.0", "0.0", "0.0"]
