"""Verbs of the web application: serve, grafana, bench web."""

import argparse

from smartregion.program import shared_parser


def register(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the verbs of this room."""
    _register_serve(verbs)
    _register_bench(verbs)
    from dashboards.grafana import verbs as grafana

    grafana.register(verbs)


def _register_serve(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = verbs.add_parser("serve", help="serve pages and API")
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: this machine only)"
    )
    parser.add_argument("--port", type=int, default=8080, help="port to listen on (default 8080)")
    parser.add_argument("--tls-cert", metavar="FILE", help="certificate chain, PEM")
    parser.add_argument("--tls-key", metavar="FILE", help="private key, PEM")
    parser.add_argument(
        "--behind-proxy", action="store_true", help="a TLS proxy is the only one that reaches us"
    )
    parser.set_defaults(run=_serve)


def _serve(args: argparse.Namespace) -> int:
    from dashboards.serving import serve

    return serve(args)


def _register_bench(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = shared_parser(verbs, "bench", "measure").add_parser(
        "web", help="pages and map data of 10,000 containers"
    )
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    parser.set_defaults(run=_bench)


def _bench(args: argparse.Namespace) -> int:
    from dashboards.bench import bench

    return bench(quick=args.quick, as_json=args.json)
