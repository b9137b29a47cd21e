"""Grafana dashboards in Python; ``docs/generate.py`` writes ``grafana/dashboards`` from here."""

from dashboards.branches import BRANCHES
from dashboards.operations import OPERATIONS
from dashboards.overview import OVERVIEW

DASHBOARDS = (OVERVIEW, BRANCHES, OPERATIONS)
