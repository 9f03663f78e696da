"""Numbers and nouns agree."""

from kjax.machine.plurals import counted


def test_one_is_singular_and_any_other_number_plural():
    assert [counted(n, "tensor") for n in (0, 1, 2)] == ["0 tensors", "1 tensor", "2 tensors"]


def test_a_plural_of_its_own():
    assert [counted(n, "axis", "axes") for n in (1, 3)] == ["1 axis", "3 axes"]
