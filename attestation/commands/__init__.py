"""What `python -m attestation` can do, one file a command.

Here alone clocks are read and files opened; the rest of the package is passed whatever it needs.
"""
