"""Settings of the tests: the site's own, on a data folder that is thrown away."""

import os
import tempfile

os.environ.setdefault("XUEQU_HOME", tempfile.mkdtemp(prefix="xuequ-test-"))
os.environ.setdefault("XUEQU_SECRET_KEY", "tests-only")
os.environ.setdefault("XUEQU_DATA_KEY", "tests-only")
# Tests sign in by force; those about the second factor switch it on.
os.environ.setdefault("XUEQU_MFA", "off")

from xuequ.site.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
WHITENOISE_AUTOREFRESH = True
CARDS_RAISE = True
