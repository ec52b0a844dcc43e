"""Verbs of the platform, gathered from its domains."""

import argparse
import importlib
import importlib.util

_MODULES = (
    "smartregion.demo.verbs",
    "smartregion.store.verbs",
    "smartregion.registry.verbs",
    "smartregion.roads.verbs",
    "smartregion.waste.verbs",
    "smartregion.jobs.verbs",
    "smartregion.access_verbs",
    "smartregion.doctor_verbs",
)


def register(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the verbs of every domain that is installed."""
    for name in _MODULES:
        if importlib.util.find_spec(name) is not None:
            importlib.import_module(name).register(verbs)
