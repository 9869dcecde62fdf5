"""The program as it is, with one app more: jobs and facts that leave a mark each time they take effect."""

from zabota.config.settings import *  # noqa: F403
from zabota.config.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.faults.app"]
SECRET_KEY = "only-for-tests"
