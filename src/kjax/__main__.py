"""`python -m kjax` is `kjax`."""

import sys

from kjax.command.cli import main

sys.exit(main())
