import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certs.hardware import decode_hardware_name, encode_hardware_name

FEW = settings(max_examples=60, deadline=None)
TAIL = st.lists(st.integers(0, 2**40), max_size=8)
HEADS = st.tuples(st.integers(0, 1), st.integers(0, 39)) | st.tuples(
    st.just(2), st.integers(0, 2**20)
)


@pytest.mark.parametrize(
    ("oid", "serial", "der"),
    [
        ("1.3.6.1.4.1.32473.1", b"abc", "301006092b0601040181fd59010403616263"),
        ("2.999.3", b"", "300706038837030400"),
        ("1.2", b"a" * 128, "3081860601 2a 048180" + "61" * 128),
    ],
)
def test_known_encodings_read_and_write(oid: str, serial: bytes, der: str) -> None:
    assert encode_hardware_name(oid, serial) == bytes.fromhex(der)
    assert decode_hardware_name(bytes.fromhex(der)) == (oid, serial)


@FEW
@given(HEADS, TAIL, st.binary(max_size=300))
def test_whatever_is_written_is_read_back(
    head: tuple[int, int], tail: list[int], serial: bytes
) -> None:
    oid = ".".join(map(str, (*head, *tail)))
    assert decode_hardware_name(encode_hardware_name(oid, serial)) == (oid, serial)


@pytest.mark.parametrize(
    "der",
    [
        "",
        "30",
        "3000",
        "31100609",
        "301106092b0601040181fd59010403616263",
        "301006092b0601040181fd5901040361626300",
        "301106092b0601040181fd5901040361626300",
        "300406000400",
        "300506018104 00",
        "300506012a0c00",
        "30ff06012a0400",
    ],
)
def test_malformed_names_are_refused(der: str) -> None:
    with pytest.raises(ValueError, match=r"unexpected tag|bytes missing|left over|ends early"):
        decode_hardware_name(bytes.fromhex(der))


@FEW
@given(st.integers(0, 17), st.integers(0, 255))
def test_a_changed_byte_is_read_or_refused_but_never_breaks(at: int, octet: int) -> None:
    der = bytearray(encode_hardware_name("1.3.6.1.4.1.32473.1", b"abc"))
    der[at] = octet
    try:
        oid, serial = decode_hardware_name(bytes(der))
    except ValueError:
        return
    assert len(serial) <= len(der)
    assert oid.count(".") >= 1
