"""The verb `serve`: one server process, refused where it would be open to strangers."""

import argparse
import contextlib
import ipaddress
import signal
import socket

from smartregion.errors import SmartRegionError, UsageError


def serve(args: argparse.Namespace) -> int:
    """Serve until SIGINT or SIGTERM.

    Raises UsageError beyond loopback without TLS or a registered person, SmartRegionError for a taken port.
    """
    tls = _tls(args)
    if not is_loopback(args.host) and not tls and not args.behind_proxy:
        raise UsageError(
            f"host {args.host}: reachable from outside: expected --tls-cert and --tls-key, or --behind-proxy"
        )
    check_port(args.host, args.port)

    from smartregion import access
    from smartregion.settings import settings
    from smartregion.store.database import open_pool, require_url

    with open_pool(require_url(settings())) as pool:
        if not is_loopback(args.host) or args.behind_proxy:
            with pool.connection() as connection:
                if not access.has_people(connection):
                    raise UsageError(
                        "sign-in: nobody is registered: expected a person: smartregion users add NAME"
                    )
        from dashboards.app import create_app
        from smartregion.api.serving import run

        app = create_app(settings(), pool, https=bool(tls), behind_proxy=args.behind_proxy)
        # The server answers the signal itself; what remains of it after the orderly end is nothing to die of.
        signal.signal(signal.SIGTERM, lambda number, frame: None)
        scheme = "https" if tls else "http"
        print(f"{scheme}://{_shown(args.host)}:{args.port}/", flush=True)
        started = False
        with contextlib.suppress(KeyboardInterrupt):
            started = True
            started = run(
                app,
                app.state.context,
                host=args.host,
                port=args.port,
                log_level="warning",
                access_log=False,
                server_header=False,
                proxy_headers=False,
                **tls,
            )
    if not started:
        raise SmartRegionError(f"port {args.port} on {args.host}: the server could not start there")
    return 0


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches a server on `host`."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_port(host: str, port: int) -> None:
    """Raise SmartRegionError with one line when nobody can listen there."""
    if not 0 < port < 65536:
        raise UsageError(f"port: {port} is not a port number from 1 to 65535")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        reason = error.strerror or str(error)
        raise SmartRegionError(
            f"port {port} on {host}: {reason}: stop what uses it or choose another with --port"
        ) from error


def _tls(args: argparse.Namespace) -> dict[str, str]:
    if bool(args.tls_cert) != bool(args.tls_key):
        raise UsageError("--tls-cert and --tls-key: one is missing: expected both")
    if not args.tls_cert:
        return {}
    import ssl

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(args.tls_cert, args.tls_key)
    except (OSError, ssl.SSLError) as error:
        raise UsageError(f"--tls-cert {args.tls_cert}: not usable with {args.tls_key}: {error}") from error
    return {"ssl_certfile": args.tls_cert, "ssl_keyfile": args.tls_key}


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host
