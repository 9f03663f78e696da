"""Other names for the same core.

A dialect lets code that was written for another package find kjax under the names it knows. Dialects know everything
below them and nothing knows them; `import kjax` imports none.

- `kjax.dialects.tensorflow`: `tf.keras.backend`, `tf.compat.v1.keras.backend` and the `tf.*` calls beside them
- `kjax.dialects.faces`: the import machinery that a dialect uses
"""
