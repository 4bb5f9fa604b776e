"""`python -m iceball.cli`."""

from iceball.cli import main

if __name__ == "__main__":
    main()
