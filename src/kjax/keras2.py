"""The backend of multi-backend Keras 2.3.1: `KERAS_BACKEND=kjax.keras2 python script.py`.

Importing this module makes kjax the backend of Keras, as `kjax.dialects.keras2_import.attach` says: it switches the
program to graph mode.
"""

from kjax.dialects.keras2 import *  # noqa: F403
from kjax.dialects.keras2 import __all__  # noqa: F401
from kjax.dialects.keras2_import import attach

attach()
