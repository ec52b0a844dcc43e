"""The web application: pages in two languages, three custom elements, the API mounted; Grafana as code."""
