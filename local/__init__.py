"""The local cloud: Nod's one template, deployed to an emulator of AWS on this machine (`python -m local --help`)."""
