"""`python -m server`, and where the console script `gridherald` begins."""

from server.cli.app import main

if __name__ == "__main__":
    main()
