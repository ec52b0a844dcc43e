"""What can go wrong in the routing library, in words for its users."""


class RoutingError(Exception):
    """Something asked of the routing library cannot be done; the message is one line that says what and why."""

    exit_code = 1
