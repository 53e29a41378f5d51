"""`python -m connector` is `lienthong`."""

from connector.cli.main import main

if __name__ == "__main__":
    main()
