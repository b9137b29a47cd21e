"""The exporter's HTTP side: what is answered to whom, and what a client may cost."""
