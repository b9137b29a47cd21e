"""Alignwatch watches the alignment of many git branches with their primary branches."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from alignwatch.configuration.fault import ConfigurationError
    from alignwatch.errors import AlignwatchError, UsageError
    from alignwatch.framework import MaintenanceMonitoringFramework
    from alignwatch.results import Alert
    from alignwatch.tracker import Tracker

__version__ = "0.1.0"

__all__ = [
    "Alert",
    "AlignwatchError",
    "ConfigurationError",
    "MaintenanceMonitoringFramework",
    "Tracker",
    "UsageError",
    "__version__",
]

_HOMES = {
    "Alert": "results",
    "AlignwatchError": "errors",
    "ConfigurationError": "configuration.fault",
    "MaintenanceMonitoringFramework": "framework",
    "Tracker": "tracker",
    "UsageError": "errors",
}
"""Where each is defined. A tracked command waits for every import: they are made when first asked for."""


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
