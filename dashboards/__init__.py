"""The web application: pages in German and English, three custom elements, the API mounted; and Grafana as code."""
