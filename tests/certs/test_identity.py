import random
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from hypothesis import given, settings
from hypothesis import strategies as st

from certs import identity, profile
from certs.errors import CertError
from certs.hardware import HARDWARE_MODULE_NAME
from certs.identity import Identity
from certs.issue import NEVER, Credential, Family, issue, new_key

FEW = settings(max_examples=40, deadline=None)
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_digest_known_from_elsewhere_gives_all_three_names() -> None:
    # SHA-256 of "abc", from the worked example of the hash function itself.
    full = "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD"
    assert identity.fingerprint(b"abc") == full
    assert identity.lfdi(b"abc") == "BA7816BF8F01CFEA414140DE5DAE2223B00361A3"
    assert identity.openadr_fingerprint(b"abc") == "7A:9C:B4:10:FF:61:F2:00:15:AD"
    assert identity.openadr_of_fingerprint(full.lower()) == "7A:9C:B4:10:FF:61:F2:00:15:AD"
    assert identity.lfdi_of_fingerprint(full.lower()) == identity.lfdi(b"abc")


@pytest.mark.parametrize(
    ("lfdi", "sfdi", "shown"),
    [
        ("3E4F45AB31EDFE5B67E343E5E4562E31984E23E5", 167261211391, "167-261-211-391"),
        ("0F3078CFDDAEE28DC20B95635DC116CC2A6D877F", 40773583337, "040-773-583-337"),
        ("f" * 40, 687194767357, "687-194-767-357"),
        ("0" * 40, 0, "000-000-000-000"),
    ],
)
def test_worked_examples_of_lfdi_to_sfdi_come_out(lfdi: str, sfdi: int, shown: str) -> None:
    assert identity.sfdi(lfdi) == sfdi
    assert identity.grouped_sfdi(sfdi) == shown


def test_lfdi_is_shown_in_groups_of_four() -> None:
    shown = identity.grouped_lfdi("3E4F45AB31EDFE5B67E343E5E4562E31984E23E5")
    assert shown == "3E4F-45AB-31ED-FE5B-67E3-43E5-E456-2E31-984E-23E5"


@pytest.mark.parametrize(
    "text", ["", "3E4F", "3E4F_45AB" + "0" * 31, "G" * 40, "0" * 41, "\u0661" * 40]
)
def test_text_that_is_no_lfdi_has_no_sfdi(text: str) -> None:
    with pytest.raises(CertError, match="40 hex digits"):
        identity.sfdi(text)


@FEW
@given(st.binary(min_size=20, max_size=20))
def test_the_digits_of_every_sfdi_add_up_to_a_multiple_of_ten(raw: bytes) -> None:
    number = identity.sfdi(raw.hex())
    assert number // 10 == int.from_bytes(raw) >> 124
    assert sum(map(int, str(number))) % 10 == 0


@pytest.mark.parametrize("pin", [111115, 123455, 0, 100001, 100009])
def test_pin_of_either_convention_is_valid(pin: int) -> None:
    assert identity.pin_is_valid(pin)


@pytest.mark.parametrize("pin", [111116, 100002, 1111115, -111115, -1])
def test_pin_with_wrong_check_digit_or_length_is_invalid(pin: int) -> None:
    assert not identity.pin_is_valid(pin)


@FEW
@given(st.integers(min_value=0, max_value=2**32))
def test_every_made_pin_satisfies_both_conventions(seed: int) -> None:
    pin = identity.make_pin(random.Random(seed))
    *stem, check = map(int, f"{pin:06d}")
    assert 0 < pin <= 999_999
    assert check == sum(stem) % 10 == (10 - sum(stem) % 10) % 10
    assert identity.pin_is_valid(pin)


def test_pins_spread_and_repeat_with_the_seed() -> None:
    rng = random.Random(7)
    drawn = [identity.make_pin(rng) for _ in range(500)]
    assert len(set(drawn)) > 450
    assert {pin % 10 for pin in drawn} == {0, 5}
    assert identity.make_pin(random.Random(7)) == drawn[0]


def _minted(made: profile.Profile, not_after: datetime = NEVER) -> Credential:
    key = new_key(Family.ECC)
    return issue(made, key, None, now=NOW, not_after=not_after, rng=random.Random(1))


def test_identity_of_a_device_tells_hardware_policies_and_no_subject() -> None:
    der = _minted(profile.sep2_device(b"inv-7", "1.3.6.1.4.1.32473.9")).der
    told = Identity.of(der)
    assert told.fingerprint == identity.fingerprint(der)
    assert told.lfdi == identity.lfdi(der)
    assert told.sfdi == identity.sfdi(told.lfdi)
    assert told.openadr_fingerprint == identity.openadr_fingerprint(der)
    assert told.subject == ""
    assert told.dns_names == told.ip_addresses == ()
    assert told.hardware_names == ("1.3.6.1.4.1.32473.9 inv-7",)
    assert told.policies == ("1.3.6.1.4.1.40732.1.1", "1.3.6.1.4.1.40732.2.1")
    assert told.not_after == datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


def test_identity_of_a_server_tells_its_hosts() -> None:
    told = Identity.of(_minted(profile.sep2_server("s", ["LocalHost", "127.0.0.1", "::1"])).der)
    assert told.dns_names == ("localhost",)
    assert told.ip_addresses == ("127.0.0.1", "::1")
    assert told.subject == "CN=s,O=Gridherald test PKI"


def test_identity_without_names_and_policies_is_told_all_the_same() -> None:
    told = Identity.of(_minted(profile.ven("v")).der)
    assert told.dns_names == told.hardware_names == told.policies == ()


def test_hardware_names_that_are_not_text_or_not_well_formed_are_told_in_hex() -> None:
    odd = x509.OtherName(HARDWARE_MODULE_NAME, b"\x04\x01a")
    other = x509.OtherName(x509.ObjectIdentifier("1.2.3"), b"\x05\x00")
    names = [profile.hardware_name(b"\xff\x00", "1.2.840"), odd, other]
    made = profile.Profile(x509.Name([]), ((x509.SubjectAlternativeName(names), True),))
    assert Identity.of(_minted(made).der).hardware_names == (
        "1.2.840 0xff00",
        "malformed 0x040161",
        "1.2.3 0x0500",
    )


def test_identity_is_valid_within_its_lifetime_only() -> None:
    told = Identity.of(_minted(profile.ven("v"), NOW + timedelta(days=1)).der)
    assert told.is_valid_at(NOW)
    assert told.is_valid_at(NOW + timedelta(days=1))
    assert not told.is_valid_at(NOW + timedelta(days=1, seconds=1))
    assert not told.is_valid_at(NOW - timedelta(hours=1))


@FEW
@given(st.binary(max_size=64))
def test_bytes_that_are_no_certificate_are_refused(raw: bytes) -> None:
    with pytest.raises(CertError, match="cannot be read"):
        Identity.of(raw)


def test_certificate_with_a_malformed_extension_is_refused() -> None:
    junk = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.17"), b"\x30\x03\x02\x01")
    made = profile.Profile(x509.Name([]), ((junk, False),))
    with pytest.raises(CertError, match="cannot be read"):
        Identity.of(_minted(made).der)
