"""`kjax check` and `kjax port`: what a program asks of TensorFlow, Keras and K, read from its code."""
