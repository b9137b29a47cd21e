"""Settings under which alerts are sent, with secrets in files as they should be."""

from pathlib import Path

from alignwatch.settings import Alerts, Email, Settings, Slack


def secret(folder: Path, name: str, content: str) -> str:
    """A file that only its owner reads."""
    file = folder / name
    file.write_text(content)
    file.chmod(0o600)
    return str(file)


def reachable_settings(
    folder: Path,
    *,
    smarthost: str = "mail.example.invalid:587",
    webhook: str = "https://slack.example.invalid/services/T0/B0/secret",
) -> Settings:
    """Email and Slack set up, their secrets in a folder."""
    return Settings(
        alerts=Alerts(
            channels=("email", "slack"),
            email=Email(
                to=("night@example.invalid", "day@example.invalid"),
                sender="alignwatch@example.invalid",
                smarthost=smarthost,
                username="alignwatch",
                password_file=secret(folder, "password", "open sesame"),
                require_tls=False,
            ),
            slack=Slack(api_url_file=secret(folder, "webhook", f"{webhook}\n"), channel="#alignment"),
        )
    )
