"""The tests of Nod: unit (no I/O), integration (moto, in process), e2e (the deployed stack on the local cloud)."""
