"""The exporter as a process: its parts put together, and the clocks on which things happen.

Probe runs and what is read of the journal arrive on the event loop; whenever something new arrived, and now
and then anyhow, everything that is handed out is made anew in a thread. All files of it speak in the log by
the name of this package.
"""
