"""Telling others what has happened: their commands, their functions, their addresses.

The journal keeps what has happened (:mod:`alignwatch.journal.notices`) and who has been told. The exporter
looks whether somebody is to be told, and has another process do it.
"""
