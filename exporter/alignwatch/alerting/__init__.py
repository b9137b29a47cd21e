"""Sending alerts from Python.

    from alignwatch.alerting import send_alert

    result = send_alert(
        name="AlignmentBackupFailed",
        severity="critical",
        message="No backup of app was made before the rebase",
        repository="app",
    )
    if result.status == "failed":
        print(result.reason)

An alert is told from others by its name, severity, repository and labels. Raised again it goes on, told once
more at Alertmanager's discretion; :func:`resolve_alert` with the same four ends it, else it ends by itself.
While Alertmanager cannot be reached it waits in the journal, and the exporter sends it later.

Only wrong arguments are an exception, :class:`alignwatch.errors.UsageError`. Whatever else goes wrong stands
in the result.
"""

from alignwatch.alerting.sending import NotificationResult, SendStatus, resolve_alert, send_alert

__all__ = ["NotificationResult", "SendStatus", "resolve_alert", "send_alert"]
