"""The sandbox of the platforms, over real HTTP."""
