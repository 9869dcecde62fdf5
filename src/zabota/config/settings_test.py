"""Settings of the test suite: the same program, quick hashing, database named by ZABOTA_TEST_DATABASE_URL."""

from __future__ import annotations

import tempfile
from pathlib import Path

from zabota.config.settings import *  # noqa: F403
from zabota.config.settings import env
from zabota.kernel.databases import database_from_url

DATA_DIR = Path(tempfile.mkdtemp(prefix="zabota-test-"))
UPLOADS_DIR = DATA_DIR / "uploads"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(UPLOADS_DIR)}},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
SECRET_KEY = "only-for-tests"  # noqa: S105
DEBUG = False
ALLOWED_HOSTS = ["*"]
DATABASES = {"default": database_from_url(env.str("ZABOTA_TEST_DATABASE_URL", default="sqlite:///:memory:"))}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
MFA_REQUIRED_ROLES = []
