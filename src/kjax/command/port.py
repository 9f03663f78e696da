"""`kjax port`: its arguments, and what they make it do."""

from __future__ import annotations

import argparse
import importlib.util
import sys
from collections.abc import Sequence
from typing import Any

_ABOUT = """\
Write a file that uses K anew, for keras.ops of Keras 3 or for jax.numpy. Formatting and comments stay as they are. What
has no counterpart is left, with a comment `# kjax: ...` above it; the file then takes K from kjax. The changes are
listed on standard error. It needs LibCST: pip install "kjax[port]".
"""

_EXAMPLES = """\
examples:
  kjax port --to jax losses.py --diff            show the changes
  kjax port --to keras3 losses.py -o losses3.py  write another file
  kjax port --to keras3 losses.py --in-place     change the file itself

exit status: 0 if all of K was ported, 1 if something is left, 2 if the file can't be read
"""


def add_to(commands: Any) -> None:
    """Add the command to those of `kjax`."""
    port = commands.add_parser(
        "port",
        help="write a file anew for Keras 3 or JAX",
        description=_ABOUT,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    port.add_argument("file", help="a Python file that uses K")
    port.add_argument("--to", choices=("keras3", "jax"), required=True, help="keras.ops of Keras 3, or jax.numpy")
    where = port.add_mutually_exclusive_group()
    where.add_argument("-o", "--output", metavar="FILE", help="the new file (else it goes to standard output)")
    where.add_argument("--in-place", action="store_true", help="change the file itself")
    where.add_argument("--diff", action="store_true", help="show the changes as a diff")
    port.set_defaults(carry_out=carry_out)


def carry_out(options: argparse.Namespace, program: Sequence[str]) -> int:
    """Port what the options say; return the exit status."""
    if importlib.util.find_spec("libcst") is None:
        return _refuse('it needs LibCST: pip install "kjax[port]"')
    from kjax.checking import fixing, porting
    from kjax.checking.answers import Answers
    from kjax.checking.programs import Programs
    from kjax.machine.plurals import counted

    if options.file.endswith(".ipynb"):
        return _refuse("a notebook is not ported; save its code as a Python file")
    with Answers() as answers:
        programs = Programs(answers)
        programs.add(options.file)
        uses = programs.uses()
    if programs.unread:
        return _refuse(programs.unread[0])
    source = programs.sources[0]
    if source.tree is None:
        assert source.problem is not None
        return _refuse(f"{options.file}:{source.problem.line}: {source.problem.message}")
    done = porting.port(source, [use for use in uses if use.source is source], options.to)
    if options.diff:
        print(done.diff(), end="")
    elif options.output or options.in_place:
        fixing.write(done.after, options.output or options.file, like=options.file)
    else:
        print(done.after, end="")
    for change in done.changes:
        print(f"{options.file}:{change.line}: {change.told()}", file=sys.stderr)
    ported = len(done.changes) - len(done.left)
    left = f"; {counted(len(done.left), 'place')} left, marked by `# kjax:`" if done.left else ""
    print(f"{counted(ported, 'place')} changed{left}", file=sys.stderr)
    return 1 if done.left else 0


def _refuse(sentence: str) -> int:
    print(f"kjax port: {sentence}", file=sys.stderr)
    return 2
