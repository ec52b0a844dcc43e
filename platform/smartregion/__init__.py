"""What all rooms share: settings, errors, registry, store, the domains, jobs and the HTTP API."""
