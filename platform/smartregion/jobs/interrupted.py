"""The one way a long task ends early when its process is told to end."""


class Interrupted(Exception):
    """The worker is being stopped: the job goes back into the queue."""
