"""The check of files: what was found, in numbers and in one sentence."""

from __future__ import annotations

import gc
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from kjax.checking.answers import OURS, Answers
from kjax.checking.programs import Programs
from kjax.checking.reading import Source, Unreadable, files
from kjax.checking.spaces import Use
from kjax.checking.verdicts import Finding, of_method, of_problem, of_uses
from kjax.machine.plurals import counted


class Result(NamedTuple):
    """What a check found.

    Attributes:
        sources: the files, with those that they import.
        findings: the verdict on each use of a name.
        unread: why files could not be opened.
        uses: the uses, in the order in which they were met.
    """

    sources: Sequence[Source]
    findings: Sequence[Finding]
    unread: Sequence[str]
    uses: Sequence[Use] = ()

    @property
    def errors(self) -> list[Finding]:
        """The findings at which the program fails."""
        return [finding for finding in self.findings if finding.level == "error"]

    @property
    def status(self) -> int:
        """The exit status: 0 where all runs as it is, 1 for errors, 2 for files that can't be opened."""
        return 2 if self.unread else 1 if self.errors else 0

    def summary(self) -> str:
        """One sentence: how many names are answered, and what is to be done."""
        ours = {finding.name for finding in self.findings if finding.name.partition(".")[0] in (*OURS, "kjax")}
        refused = {finding.name for finding in self.errors if finding.code not in ("KJ102", "KJ104")} & ours
        if not self.sources:
            return "no Python files"
        if not ours:
            names = "no names of TensorFlow or Keras"
        elif refused:
            names = f"{len(ours) - len(refused)} of {counted(len(ours), 'name')} are answered"
        else:
            names = f"all {len(ours)} names are answered" if len(ours) > 1 else "1 name is answered"
        codes = {finding.code for finding in self.errors}
        lines = {finding.place[:3] for finding in self.errors if finding.code not in _NEEDS}
        todo = [needs for code, needs in _NEEDS.items() if code in codes]
        todo += [f"{counted(len(lines), 'line')} to change"] if lines else []
        absent = sorted({finding.name for finding in self.findings if finding.code == "KJ303"})
        some = ", ".join(absent[:3]) + (f" and {len(absent) - 3} more" if len(absent) > 3 else "")
        runs = f"runs as it is where {some} can be imported" if absent else "runs as it is"
        return "; ".join([names, *(todo or ([runs] if ours else []))])


# What a program needs that need not be changed itself, by the codes of findings.
_NEEDS = {"KJ103": 'needs Keras 2.3.1: pip install "kjax[keras2]"', "KJ104": "needs kjax run --graph"}


def check(paths: Iterable[str], answers: Answers) -> Result:
    """Check files, folders and notebooks, and the files that they import."""
    collects = gc.isenabled()
    gc.disable()  # (syntax trees are many objects, none of them garbage: to look at them again and again takes longest)
    try:
        return _checked(paths, answers)
    finally:
        if collects:
            gc.enable()


def _checked(paths: Iterable[str], answers: Answers) -> Result:
    programs = Programs(answers)
    for path in paths:
        try:
            for file in files(path):
                programs.add(file)
        except Unreadable as error:
            programs.unread.append(str(error))
    uses = programs.uses()
    findings = [of_problem(source) for source in programs.sources if source.problem is not None]
    by_file: dict[str, list[Use]] = {}
    for use in uses:
        by_file.setdefault(use.source.path, []).append(use)
    for of_file in by_file.values():
        findings += of_uses(of_file, answers)
    packages = {path: {use.name.partition(".")[0] for use in of_file} for path, of_file in by_file.items()}
    for use in programs.methods():
        findings += of_method(use, packages.get(use.source.path, set()))
    ignored = {source.path: _ignored(source) for source in programs.sources}
    findings = [f for f in findings if f.place[1:3] not in ignored[f.place.path]]
    findings.sort(key=lambda finding: finding.place)
    return Result(programs.sources, findings, programs.unread, uses)


def _ignored(source: Source) -> set[tuple[int, int]]:
    """The lines that say `# kjax: ignore`."""
    marked = (number for number, line in enumerate(source.lines, start=1) if "kjax" in line and _IGNORE.search(line))
    return {source.place(number, 0)[1:3] for number in marked}


_IGNORE = re.compile(r"#\s*kjax:\s*ignore\b")
