"""Configuration of the design system."""

from django.apps import AppConfig


class UiConfig(AppConfig):
    """Components, formats and the frame of pages."""

    name = "zabota.ui"
    label = "ui"
