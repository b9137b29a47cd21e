"""Signing what is sent, as Standard Webhooks has it: many languages have a library that checks it.

See https://www.standardwebhooks.com.
"""

import base64
import binascii
import hashlib
import hmac

from alignwatch.errors import UsageError

_PREFIX = b"whsec_"


def key_of(secret: bytes, setting: str) -> bytes:
    """The key in a secret: what follows ``whsec_`` in base64, else the bytes as they are.

    Raises:
        UsageError: it is no base64.
    """
    if not secret.startswith(_PREFIX):
        return secret
    try:
        return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except binascii.Error:
        raise UsageError(f"{setting}: what follows whsec_ is no base64; copy the secret again") from None


def headers(key: bytes | None, identity: str, now: float, body: bytes) -> dict[str, str]:
    """The headers of one message.

    Args:
        key: None: it is not signed.
        identity: of the message; whoever takes it twice knows it by that.
        now: seconds since the epoch.
        body: what is sent.
    """
    said = {"webhook-id": identity, "webhook-timestamp": f"{now:.0f}"}
    if key is not None:
        content = b".".join((identity.encode(), said["webhook-timestamp"].encode(), body))
        digest = base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()
        said["webhook-signature"] = f"v1,{digest}"
    return said
