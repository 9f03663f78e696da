"""The command `kjax`: its arguments (`cli`), and how it runs a program (`runner`)."""
