"""The wire format, against bytes that are known."""

import pytest

from kjax.dialects import wire


@pytest.mark.parametrize("number", [0, 1, 127, 128, 300, 2**63 - 1, -1, -(2**63)])
def test_integers_come_back(number):
    ((field, value),) = wire.fields(wire.integer(5, number))
    assert field == 5 and wire.signed(value) == number
    assert wire.integers([wire.varint(number) + wire.varint(7), 3]) == [number, 7, 3]


def test_bytes_of_the_documentation():
    assert wire.integer(1, 150).hex() == "089601" and wire.block(2, "testing").hex() == "120774657374696e67"
    assert [*wire.fields(wire.double(1, 0.5) + wire.single(2, 0.5) + wire.doubles(3, [1.0]))] == [
        (1, bytes.fromhex("000000000000e03f")),
        (2, bytes.fromhex("0000003f")),
        (3, bytes.fromhex("000000000000f03f")),
    ]


@pytest.mark.parametrize("damaged", [b"\x08", b"\x0a\x05ab", b"\x0b", b"\xff"])
def test_what_is_no_message(damaged):
    with pytest.raises(ValueError, match="message"):
        list(wire.fields(damaged))
