"""The database setting from one URL: SQLite in the data folder unless PostgreSQL is named."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured


def database_settings(url: str, home: Path) -> dict[str, Any]:
    """Return Django's settings for ``sqlite:///path`` or ``postgresql://user:password@host:port/name?host=/socket``."""
    if not url:
        return _sqlite(home / "xuequ.sqlite3")
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return _sqlite(
            Path(unquote(parts.path.removeprefix("/") if parts.path.startswith("//") else parts.path))
        )
    if parts.scheme in {"postgres", "postgresql"}:
        options = dict(parse_qsl(parts.query))
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path.lstrip("/")),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": options.pop("host", parts.hostname or ""),
            "PORT": str(parts.port or ""),
            "CONN_MAX_AGE": 60,
            "CONN_HEALTH_CHECKS": True,
            "OPTIONS": options,
        }
    raise ImproperlyConfigured(
        f"XUEQU_DATABASE_URL: expected sqlite:// or postgresql://, got {parts.scheme!r}"
    )


def _sqlite(path: Path) -> dict[str, Any]:
    # WAL lets pages read while a job writes; IMMEDIATE avoids "database is locked" when a read turns into a write.
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path),
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=20000;",
        },
    }
