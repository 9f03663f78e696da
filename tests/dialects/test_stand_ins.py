"""What `tensorflow` does with them is in test_tensorflow.py."""

import importlib
import sys

import pytest

from kjax.dialects.stand_ins import Finder, united


def finder(contents, attributes=None, origin="us"):
    return Finder(contents, attributes or {}, lambda name: f"no {name}", origin)


def test_tables_are_united():
    assert united() == {} and united({"a": 1}, {"b": 2}, {"a": 1}) == {"a": 1, "b": 2}
    with pytest.raises(ValueError, match=r"^two things are to answer for a: 1 and 3$"):
        united({"a": 1}, {"b": 2}, {"a": 3})


def test_a_name_is_a_module_or_an_attribute():
    with pytest.raises(
        ValueError, match=r"two things are to answer for kjax_face\.part: <class 'dict'> and <class 'list'>"
    ):
        finder({"kjax_face": dict, "kjax_face.part": dict}, {"kjax_face.part": list})


@pytest.mark.parametrize("kind", ["contents", "attributes"])
def test_what_a_module_holds_does_not_hide_what_is_below_it(kind):
    tables = {"contents": {"kjax_face": lambda: {"part": 1, "other": 2}}, "attributes": {}}
    tables[kind]["kjax_face.part"] = dict
    made = finder(**tables)
    made.enter()
    try:
        with pytest.raises(ValueError, match=r"two things are to answer for kjax_face\.part: 1 and <class 'dict'>"):
            importlib.import_module("kjax_face")
    finally:
        made.leave()
    assert "kjax_face" not in sys.modules


def test_one_finder_answers_for_a_package():
    first, second = finder({"kjax_face": dict}), finder({"kjax_face.part": dict}, origin="others")
    before = [*sys.meta_path]
    first.enter()
    try:
        with pytest.raises(ValueError, match=r"^kjax_face can't be answered by others: us answers for it already$"):
            second.enter()
        first.enter()
        assert sys.meta_path == [first, *before]
    finally:
        first.leave()
    assert sys.meta_path == before
    second.enter()
    second.leave()
    assert sys.meta_path == before
