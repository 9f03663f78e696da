import textwrap

import pytest

from kjax.checking import checks
from kjax.checking.answers import Answers


@pytest.fixture(scope="module")
def answers():
    """What is answered. (No name of Keras is asked for in this process, so that it is not imported.)"""
    with Answers() as found:
        yield found


@pytest.fixture
def check(answers, tmp_path, monkeypatch):
    """Checks programs, given as texts by their names: `check(a="...", b="...")`; the first of them is named."""
    monkeypatch.chdir(tmp_path)

    def check(*paths, **programs):
        for name, text in programs.items():
            path = tmp_path / f"{name.replace('__', '/').replace('INIT', '__init__')}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text))
        return checks.check(paths or [f"{next(iter(programs)).replace('__', '/')}.py"], answers)

    return check


@pytest.fixture
def names(check):
    """The full names that a program uses, with the verdicts on them."""

    def names(text, **others):
        return {finding.name: finding.code for finding in check(program=text, **others).findings}

    return names


@pytest.fixture
def findings(check):
    """The findings on a program."""

    def findings(text):
        return check(program=text).findings

    return findings


@pytest.fixture
def ported(check):
    """The new text of a program, and what is told of it."""

    from kjax.checking.porting import port

    def ported(text, target="jax"):
        result = check(program=text)
        assert result.sources[0].tree is not None, result.findings
        done = port(result.sources[0], result.uses, target)
        compile(done.after, "program.py", "exec")
        return done

    return ported
