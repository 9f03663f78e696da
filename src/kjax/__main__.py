"""`python -m kjax` is `kjax`."""

import sys

from kjax.command.cli import main

code = main()
if not sys.flags.inspect:  # (else the interpreter goes on at its prompt)
    sys.exit(code)
