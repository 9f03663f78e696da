"""`python -m kjax` is `kjax`."""

import sys

from kjax.cli import main

sys.exit(main())
