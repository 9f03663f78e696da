import os

import pytest

from kjax.machine.files import aside, once, written_aside


def test_a_file_takes_its_place_when_it_is_complete(tmp_path):
    path = tmp_path / "new" / "file"
    with written_aside(str(path)) as file:
        file.write(b"one")
        assert not path.exists()
    assert path.read_bytes() == b"one" and os.listdir(path.parent) == ["file"]


def test_what_was_there_stays_after_an_error(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt), aside(str(path)) as other:
        with open(other, "w") as file:
            file.write("half")
        raise KeyboardInterrupt
    assert path.read_text() == "old" and os.listdir(tmp_path) == ["file"]


def test_alone_a_file_is_written_where_it_is_to_be(tmp_path):
    for path in (tmp_path / "file", str(tmp_path), None):
        with once(path) as own:
            assert own is path
