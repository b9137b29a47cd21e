import pytest

from alignwatch.errors import UsageError
from alignwatch.hooks.signature import headers, key_of

BODY = b'{"test": 2432232314}'


def test_it_is_what_the_libraries_of_standard_webhooks_make() -> None:
    key = key_of(b"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "x")
    assert headers(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, BODY) == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_any_secret_is_a_key_and_none_signs_nothing() -> None:
    assert key_of(b"correct horse", "x") == b"correct horse"
    assert set(headers(None, "1", 2.0, BODY)) == {"webhook-id", "webhook-timestamp"}


def test_half_a_secret_is_refused_by_its_setting() -> None:
    with pytest.raises(UsageError, match=r"^parents\.x\.secret_file: .* no base64"):
        key_of(b"whsec_***", "parents.x.secret_file")
