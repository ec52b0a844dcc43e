"""What can go wrong in the routing library, in words for its users."""


class RoutingError(Exception):
    """What was asked of the routing library cannot be done; the message is one line: what and why."""

    exit_code = 1
