"""Certificates for tests, made by openssl."""

import subprocess
from pathlib import Path


def _openssl(*arguments: str | Path) -> None:
    done = subprocess.run(["openssl", *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def self_signed(folder: Path, name: str, common_name: str = "localhost") -> tuple[Path, Path]:
    """A certificate for ``localhost`` and 127.0.0.1 that signs itself, and its key."""
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    _openssl(
        *(
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "2",
        ),
        *("-subj", f"/CN={common_name}", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"),
        *("-keyout", key, "-out", certificate),
    )
    return certificate, key


def encrypted(key: Path, password: str) -> Path:
    """A copy of a key that cannot be read without a password."""
    target = key.with_suffix(".encrypted")
    _openssl("ec", "-in", key, "-aes256", "-passout", f"pass:{password}", "-out", target)
    return target
