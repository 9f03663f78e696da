"""What is written for JAX alone, where its gradient or its speed asks for it."""
