"""What every implementation of a port must do, run on the fakes and on the real stores."""
