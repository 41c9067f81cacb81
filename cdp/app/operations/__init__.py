"""Everything a person or a program can ask of a workspace, each once: the CLI and the HTTP interface call the same functions."""
