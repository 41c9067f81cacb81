"""The product as real processes over real HTTP: samples of the platforms, SIGKILL at any moment, a second server."""
