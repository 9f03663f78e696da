"""Writes `contrib.json`: what TensorFlow 1.15 computes; run it under Python 3.7 with tensorflow==1.15.0."""

import json
import os

import contrib_programs
import tensorflow as tf

if __name__ == "__main__":
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "contrib.json"), "w") as file:
        json.dump(contrib_programs.answers(tf), file, indent=0)
        file.write("\n")
