"""Other names for the same core.

A dialect lets code that was written for another package find kjax under the names it knows. `import kjax` imports none
of them.

- `kjax.dialects.tensorflow`: `tf.keras.backend`, `tf.compat.v1.keras.backend` and the `tf.*` calls beside them
- `kjax.dialects.keras2`: the backend of Keras 2.3.1; `keras2_repairs`: repairs that Keras needs on a current Python
- `kjax.dialects.stand_ins`, `kjax.dialects.repairs`: the import machinery that dialects use; `kjax.dialects.settings`:
  settings of the program that they change, and restore
"""
