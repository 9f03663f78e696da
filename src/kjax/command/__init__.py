"""The command `kjax`: its arguments (`cli`), and the execution of programs (`runner`)."""
