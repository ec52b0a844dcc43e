"""Verbs of the platform, gathered from its domains."""

import argparse

from smartregion import access_verbs, doctor_verbs
from smartregion.demo import verbs as demo
from smartregion.jobs import verbs as jobs
from smartregion.registry import verbs as registry
from smartregion.roads import verbs as roads
from smartregion.store import verbs as store
from smartregion.waste import verbs as waste


def register(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the verbs of every domain."""
    for domain in (demo, store, registry, roads, waste, jobs, access_verbs, doctor_verbs):
        domain.register(verbs)
