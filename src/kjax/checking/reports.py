"""What a check found, as text for people, as JSON, as SARIF 2.1.0, and as annotations on GitHub."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TextIO
from urllib.parse import quote

from kjax.checking.checks import Result
from kjax.checking.reading import Place
from kjax.checking.verdicts import CODES, Finding
from kjax.machine.plurals import counted
from kjax.machine.version import __version__

_SHOWN = 8  # names of a kind in a note


def location(place: Place) -> str:
    """A place, as compilers write it: `train.py:3:7`, `work.ipynb:cell 2:3:7`."""
    cell = f"cell {place.cell}:" if place.cell else ""
    return f"{'<stdin>' if place.path == '-' else place.path}:{cell}{place.line}:{place.column}"


# ---------------------------------------------------------------------------------------------------------------- text


def text(result: Result, findings: Sequence[Finding], every: bool = False, to: TextIO | None = None) -> None:
    """Write a summary, then the findings with the lines of code, coloured on a terminal.

    Args:
        result: what was found.
        findings: those to show.
        every: whether names that are answered are listed, too, one a line.
        to: where to, instead of standard output.
    """
    from rich.console import Console  # (only this needs it)
    from rich.text import Text

    console = Console(file=to or sys.stdout, highlight=False, emoji=False, markup=False, soft_wrap=True)

    def say(*parts: tuple[str, str]) -> None:
        if console.color_system is None:  # (thousands of lines take rich seconds)
            console.file.write("".join(text for text, _ in parts) + "\n")
        else:
            console.print(Text.assemble(*parts))

    say((f"{result.summary()}", "bold red" if result.errors else "bold green"))
    for problem in result.unread:
        say(("error: ", "bold red"), (problem, ""))
    for finding in findings:
        if finding.level == "error":
            say(*_line(finding, "bold red"))
            if finding.text.strip():
                say(*_excerpt(finding))
        elif every:
            say(*_line(finding, "yellow" if finding.level == "note" else "green"))
    if not every:
        for note in notes(findings):
            say(("note: ", "bold yellow"), (note, ""))


def _line(finding: Finding, colour: str) -> tuple[tuple[str, str], ...]:
    message = finding.message or f"{finding.written}: {CODES[finding.code].title}"
    if finding.level == "note" and not message.startswith(finding.name):
        message = f"{finding.written}: {message}"
    caught = " (the program catches the error)" if finding.guarded and CODES[finding.code].level == "error" else ""
    return (f"{location(finding.place)}: ", "bold"), (finding.code, colour), (f" {message}{caught}", "")


def _excerpt(finding: Finding) -> tuple[tuple[str, str], ...]:
    """The line of code, with its name underlined."""
    line = finding.text.rstrip()
    number, indent = str(finding.place.line), len(line) - len(line.lstrip())
    start = finding.place.column - 1 - indent
    width = max(min(finding.end, len(line) + 1) - finding.place.column, 1)
    margin = " " * len(number)
    return (
        (f"  {number} | ", "blue"),
        (f"{line.strip()}\n", ""),
        (f"  {margin} | ", "blue"),
        (
            " " * start + "^" * width,
            "red",
        ),
    )


def notes(findings: Iterable[Finding]) -> list[str]:
    """What runs, and is worth knowing: one sentence for each kind."""
    found: list[str] = []
    kinds: dict[str, dict[str, None]] = {}
    for finding in findings:
        if finding.level == "note":
            kinds.setdefault("" if CODES[finding.code].level == "error" else finding.code, {})[finding.written] = None
    for code, said in _NOTES.items():
        names = [*kinds.get(code, {})]
        if names:
            listed = ", ".join(names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "")
            found.append(f"{counted(len(names), 'name')} {said[len(names) > 1]}: {listed}{said[2]}")
    return found


_NOTES = {
    "KJ201": ("differs from TensorFlow 2.2", "differ from TensorFlow 2.2", " (--explain NAME says how)"),
    "KJ301": (
        "is gone from its package, and answered by `kjax run`",
        "are gone from their packages, and answered by `kjax run`",
        "",
    ),
    "KJ303": ("is not found here", "are not found here", ""),
    "": ("is not there, which the program catches", "are not there, which the program catches", ""),
}


# -------------------------------------------------------------------------------------------------------- for programs


def as_json(result: Result, findings: Sequence[Finding], to: TextIO) -> None:
    """Write everything, with the names that are answered, as one JSON object."""
    whole = {
        "summary": result.summary(),
        "status": result.status,
        "files": [source.path for source in result.sources],
        "unread": [*result.unread],
        "findings": [
            {
                "path": finding.place.path,
                **({"cell": finding.place.cell} if finding.place.cell else {}),
                "line": finding.place.line,
                "column": finding.place.column,
                "end_column": finding.end,
                "code": finding.code,
                "level": finding.level,
                "name": finding.name,
                "written": finding.written,
                "message": finding.message,
            }
            for finding in findings
        ],
    }
    json.dump(whole, to, indent=2)
    to.write("\n")


def sarif(result: Result, findings: Sequence[Finding], to: TextIO) -> None:
    """Write the findings in the Static Analysis Results Interchange Format, version 2.1.0."""
    codes = [*CODES]
    rules = [
        {
            "id": code.code,
            "name": "".join(word.capitalize() for word in code.title.replace(",", "").replace("'", "").split()),
            "shortDescription": {"text": code.title},
            "fullDescription": {"text": code.explained},
            "defaultConfiguration": {"level": _SARIF_LEVELS[code.level]},
        }
        for code in CODES.values()
    ]
    results = [
        {
            "ruleId": finding.code,
            "ruleIndex": codes.index(finding.code),
            "level": finding.level,
            "message": {"text": finding.message or CODES[finding.code].title},
            "locations": [_sarif_location(finding)],
        }
        for finding in findings
        if finding.level != "ok"
    ]
    run: dict[str, Any] = {
        "tool": {"driver": {"name": "kjax check", "semanticVersion": __version__, "rules": rules}},
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                "executionSuccessful": not result.unread,
                "toolExecutionNotifications": [
                    {"level": "error", "message": {"text": problem}} for problem in result.unread
                ],
            }
        ],
        "results": results,
    }
    schema = "https://json.schemastore.org/sarif-2.1.0.json"
    json.dump({"$schema": schema, "version": "2.1.0", "runs": [run]}, to, indent=2)
    to.write("\n")


_SARIF_LEVELS = {"error": "error", "note": "note", "ok": "none"}


def _sarif_location(finding: Finding) -> dict[str, Any]:
    place = finding.place
    physical: dict[str, Any] = {"artifactLocation": {"uri": quote(place.path.replace("\\", "/"))}}
    if place.cell:  # (the lines of a notebook's file are not those of its cells)
        return {"physicalLocation": physical, "logicalLocations": [{"name": f"cell {place.cell}, line {place.line}"}]}
    region = {"startLine": place.line, "startColumn": place.column, "endColumn": max(finding.end, place.column + 1)}
    return {"physicalLocation": {**physical, "region": region}}


def github(result: Result, findings: Sequence[Finding], to: TextIO) -> None:
    """Write workflow commands, which GitHub shows beside the lines of a pull request."""
    for problem in result.unread:
        to.write(f"::error::{_escaped(problem)}\n")
    for finding in findings:
        if finding.level != "ok":
            kind = "error" if finding.level == "error" else "notice"
            place = finding.place
            at = {"file": place.path, "line": place.line, "col": place.column, "endColumn": finding.end}
            if place.cell:
                at = {"file": place.path}
            at["title"] = f"{finding.code} {CODES[finding.code].title}"
            about = ",".join(f"{key}={_escaped(str(value), True)}" for key, value in at.items())
            cell = f"cell {place.cell}, line {place.line}: " if place.cell else ""
            to.write(f"::{kind} {about}::{_escaped(cell + (finding.message or CODES[finding.code].title))}\n")
    to.write(f"::notice::{_escaped('kjax check: ' + result.summary())}\n")


def _escaped(text: str, in_property: bool = False) -> str:
    marks = {"%": "%25", "\r": "%0D", "\n": "%0A", **({":": "%3A", ",": "%2C"} if in_property else {})}
    return "".join(marks.get(letter, letter) for letter in text)


FORMATS: dict[str, Callable[[Result, Sequence[Finding], TextIO], None]] = {
    "github": github,
    "json": as_json,
    "sarif": sarif,
}
