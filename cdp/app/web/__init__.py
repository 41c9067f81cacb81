"""The web: the HTTP interface for programs (`api`) and the pages for people (`pages`), in one application."""
