"""Clocks that are wrong."""

import datetime as dt
from pathlib import Path

from cryptography import x509

from natterjack.server.certificates import own_identity

NOW = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)


def test_a_clock_that_was_years_ahead_or_is_behind_is_no_reason_not_to_start(tmp_path: Path) -> None:
    made = own_identity(tmp_path, "natterjack", NOW)
    for now in (NOW + dt.timedelta(days=9000), NOW, NOW - dt.timedelta(days=9000), NOW):
        found = own_identity(tmp_path, "natterjack", now)
        certificate = x509.load_pem_x509_certificate(found.certificate.read_bytes())
        assert found.pin == made.pin
        assert certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc
        assert found.context()


def test_a_clock_that_is_an_hour_behind_changes_nothing(tmp_path: Path) -> None:
    made = own_identity(tmp_path, "natterjack", NOW)
    assert own_identity(tmp_path, "natterjack", NOW - dt.timedelta(hours=1)) == made
