"""Settings from the environment, typed; ``NAME_FILE`` reads the value from a file (for secrets)."""

import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

TRUE = frozenset({"1", "true", "yes", "on"})
FALSE = frozenset({"0", "false", "no", "off", ""})


def env_text(name: str, default: str = "") -> str:
    """Return ``XUEQU_<name>``, or the content of the file that ``XUEQU_<name>_FILE`` names, or the default."""
    file = os.environ.get(f"XUEQU_{name}_FILE")
    if file is None:
        return os.environ.get(f"XUEQU_{name}", default)
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ImproperlyConfigured(f"XUEQU_{name}_FILE: cannot read {file} ({error.strerror})") from error


def env_bool(name: str, default: bool = False) -> bool:
    """Return a yes/no setting; anything else is refused."""
    value = env_text(name, "1" if default else "0").strip().lower()
    if value in TRUE:
        return True
    if value in FALSE:
        return False
    raise ImproperlyConfigured(f"XUEQU_{name}: expected yes or no, got {value!r}")


def env_int(name: str, default: int) -> int:
    """Return a whole number; anything else is refused."""
    value = env_text(name, str(default))
    try:
        return int(value)
    except ValueError as error:
        raise ImproperlyConfigured(f"XUEQU_{name}: expected a whole number, got {value!r}") from error


def env_list(name: str, default: str = "") -> list[str]:
    """Return a comma-separated list without empty entries."""
    return [item.strip() for item in env_text(name, default).split(",") if item.strip()]
