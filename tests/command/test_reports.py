"""Reports on a run: their tables and lines."""

import os

from kjax.command import reports


def test_columns_of_numbers_are_right_aligned():
    assert reports.table(["ms", "line"], [["10.5", "a.py:1"], ["1.0", "longer.py:10"]]) == [
        "    ms  line",
        "  10.5  a.py:1",
        "   1.0  longer.py:10",
    ]


def test_lines_are_named_as_seen_from_here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert reports.shown(None) == "?"
    assert reports.shown((str(tmp_path / "part" / "train.py"), 3)) == f"part{os.sep}train.py:3"
    assert reports.shown((os.sep + os.path.join("elsewhere", "train.py"), 3)).startswith(f"{os.sep}elsewhere")
    assert reports.shown(("<string>", 3)) == "<string>:3"


def test_what_is_printed_at_once_goes_to_stderr_as_it_was(capfd):
    printer = reports.Printer()
    printer.say("one", "two")
    assert capfd.readouterr().err == "one\ntwo\n"
