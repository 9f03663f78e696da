"""x"""

PREPROCESSING = {}
