"""The local Prometheus and Alertmanager of ``alignwatch up``."""
