"""Fixtures of every test, an app's own beside it and those that cross apps: the cast, the worker, the budget of queries."""

pytest_plugins = ("tests.cast", "tests.budgets", "tests.worker")
