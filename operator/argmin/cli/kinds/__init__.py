"""How the command line shows the objects of each kind."""
