"""Writes what programs print under the installed TensorFlow: `python record_programs.py programs/wgan.py …`."""

import json
import os
import subprocess
import sys
import tempfile

for program in map(os.path.abspath, sys.argv[1:]):
    with tempfile.TemporaryDirectory() as folder:
        printed = subprocess.check_output([sys.executable, program], cwd=folder).decode()
    folder, name = os.path.split(program)
    with open(os.path.join(folder, "answers", name[:-3] + ".json"), "w") as file:
        file.write(json.dumps(json.loads(printed.splitlines()[-1])) + "\n")
