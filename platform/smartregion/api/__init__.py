"""The HTTP API: reading for all who may see, writing for those who may act, live values, health."""

from smartregion.api.app import create_api
from smartregion.api.context import Context

__all__ = ["Context", "create_api"]
