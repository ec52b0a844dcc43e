"""The verb `grafana`."""

import argparse
import pathlib


def register(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `grafana export` and `grafana provision`."""
    parser = verbs.add_parser("grafana", help="dashboards for Grafana")
    parts = parser.add_subparsers(metavar="WHAT", required=True)
    export = parts.add_parser("export", help="write files for Grafana's file provisioning")
    export.add_argument("folder", type=pathlib.Path, metavar="DIR")
    export.set_defaults(run=_export)
    provision = parts.add_parser("provision", help="push the dashboards over Grafana's HTTP API")
    provision.add_argument("--url", required=True, metavar="U", help="address of Grafana")
    provision.add_argument(
        "--token", required=True, metavar="T", help="service account token, or @FILE that holds it"
    )
    provision.set_defaults(run=_provision)


def _export(args: argparse.Namespace) -> int:
    from dashboards.grafana.export import export
    from smartregion.errors import InvalidInput

    try:
        written = export(args.folder)
    except OSError as error:
        raise InvalidInput("DIR", args.folder, f"a folder that can be written ({error.strerror})") from error
    for path in written:
        print(path)
    return 0


def _provision(args: argparse.Namespace) -> int:
    from dashboards.grafana.provision import provision
    from smartregion.errors import InvalidInput

    token = args.token
    if token.startswith("@"):
        try:
            token = pathlib.Path(token[1:]).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise InvalidInput("--token", args.token, f"a readable file ({error.strerror})") from error
    for line in provision(args.url, token):
        print(line)
    return 0
