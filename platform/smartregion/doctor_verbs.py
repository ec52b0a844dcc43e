"""Verb `doctor`."""

import argparse
import datetime as dt
import pathlib

from smartregion.settings import settings


def register(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `doctor`."""
    doctor = verbs.add_parser(
        "doctor", help="look at database, broker, disk, clock and versions, and say what to do"
    )
    doctor.add_argument(
        "--mosquitto-conf",
        type=pathlib.Path,
        metavar="FILE",
        help="also judge the broker's configuration: queue, inflight, persistence, autosave",
    )
    doctor.set_defaults(run=_doctor)


def _doctor(args: argparse.Namespace) -> int:
    from smartregion import doctor, doctor_broker, doctor_mosquitto

    now = settings()
    checks = doctor.check_database(now, dt.datetime.now(dt.UTC))
    checks += doctor_broker.check_broker(now.mqtt_url.get_secret_value())
    if args.mosquitto_conf is not None:
        checks += doctor_mosquitto.check_configuration(args.mosquitto_conf)
    else:
        remedy = "give --mosquitto-conf FILE to judge queue, persistence and autosave"
        checks.append(doctor.Check("note", "mosquitto", "configuration not looked at", remedy))
    checks += [doctor.check_disk(now), *doctor.check_versions()]
    for check in checks:
        print(check)
    return 1 if any(check.state == "bad" for check in checks) else 0
