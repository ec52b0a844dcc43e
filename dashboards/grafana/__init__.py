"""Grafana dashboards as code: written as files for provisioning, or pushed over Grafana's HTTP API."""
