"""The one site: settings, URLs, shell, home page per role, error pages, the mounted API."""
