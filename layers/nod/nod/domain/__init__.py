"""The rules of Nod, without I/O: no AWS, no clock, no environment, no randomness but what is passed in."""
