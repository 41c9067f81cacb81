"""`python -m cdp.app.cli`, the same as `cdp`."""

from cdp.app.cli.main import main

if __name__ == "__main__":
    main()
