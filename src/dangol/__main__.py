"""`python -m dangol`: the same as the command `dangol`."""

from dangol.cli.main import main

if __name__ == "__main__":
    main()
