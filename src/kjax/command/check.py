"""`kjax check`: its arguments, and what they make it do."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any

_ABOUT = """\
Read programs, without running them, and say which names of K, tf and keras kjax answers under `kjax run`, which lines
are to be changed, and which names of NumPy, SciPy and Python are gone. Files that a program imports from its own
folders are read, too. A line with the comment `# kjax: ignore` is passed over.
"""

_EXAMPLES = """\
examples:
  kjax check train.py                  one program
  kjax check src notebooks             folders with all their programs and notebooks
  kjax check --all train.py            every name, with the verdict on it
  kjax check --explain K.batch_dot     what kjax does with a name
  kjax check --fix --diff losses.py    show how the import of K would be changed
  kjax check --format github .         annotations on the lines of a pull request

exit status: 0 if all runs as it is, 1 if lines are to be changed, 2 if a file can't be opened
"""


def add_to(commands: Any) -> None:
    """Add the command to those of `kjax`."""
    check = commands.add_parser(
        "check",
        help="say which names a program uses that kjax does not answer, without running it",
        description=_ABOUT,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    check.add_argument("paths", nargs="*", metavar="path", help="files, folders, notebooks, or `-` for standard input")
    check.add_argument("--all", action="store_true", dest="every", help="list names that are answered, too")
    check.add_argument(
        "--explain", metavar="NAME", help="say what kjax does with a name, or what a finding's code means"
    )
    check.add_argument("--fix", action="store_true", help="in files that use K alone, import it from kjax")
    check.add_argument("--diff", action="store_true", help="with --fix: show the changes instead of making them")
    formats = ("text", "json", "sarif", "github")
    check.add_argument("--format", choices=formats, default="text", help="how findings are written (text)")
    check.add_argument("--select", metavar="CODES", default="KJ", help="only findings of these codes, as in KJ1,KJ301")
    check.add_argument("--ignore", metavar="CODES", default="", help="no findings of these codes")
    check.set_defaults(carry_out=carry_out)


def carry_out(options: argparse.Namespace, program: Sequence[str]) -> int:
    """Check what the options say; return the exit status."""
    from kjax.checking import explaining
    from kjax.checking.answers import Answers
    from kjax.checking.checks import check

    if not options.paths and not options.explain:
        return _refuse("which files? for example: kjax check train.py")
    if options.diff and not options.fix:
        return _refuse("--diff goes with --fix")
    with Answers() as answers:
        if options.explain:
            told = explaining.explained(options.explain, answers)
            print(told or f"{options.explain} is no name of K, tf, keras or NumPy, and no code of a finding")
            return 0 if told else 2
        result = check(options.paths, answers)
        if options.fix:
            return _fix(result, answers, options.diff)
    wanted, unwanted = (tuple(filter(None, given.upper().split(","))) for given in (options.select, options.ignore))
    shown = [f for f in result.findings if f.code.startswith(wanted) and not f.code.startswith(unwanted or ("-",))]
    _report(options, result, shown)
    return result._replace(findings=shown).status


def _refuse(sentence: str) -> int:
    print(f"kjax check: {sentence}", file=sys.stderr)
    return 2


def _report(options: argparse.Namespace, result: Any, shown: Any) -> None:
    from kjax.checking import reports

    try:
        if options.format == "text":
            reports.text(result, shown, options.every)
        else:
            reports.FORMATS[options.format](result, shown, sys.stdout)
        sys.stdout.flush()
    except BrokenPipeError:  # of `kjax check . | head`
        sys.stdout = None


def _fix(result: Any, answers: Any, only_shown: bool) -> int:
    from kjax.checking.fixing import fixed, write

    changed = 0
    for source in result.sources:
        done = fixed(source, [use for use in result.uses if use.source is source], answers)
        if done is None:
            continue
        if done.why_not:
            print(f"{done.path}: not changed: {done.why_not}")
        elif only_shown:
            print(done.diff(), end="")
        else:
            write(done.after, done.path, like=done.path)
            print(f"{done.path}: K is imported from kjax")
        changed += not done.why_not
    if not only_shown:
        print(f"{changed} of {len(result.sources)} files changed")
    for problem in result.unread:
        print(f"kjax check: {problem}", file=sys.stderr)
    return 2 if result.unread else 0
