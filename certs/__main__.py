"""`python -m certs`: the command line of the test PKI and nothing else."""

from certs.cli import app

app(prog_name="python -m certs")
