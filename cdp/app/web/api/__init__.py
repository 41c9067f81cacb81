"""The HTTP interface for programs: doors in, questions and orders, the state of the process."""
