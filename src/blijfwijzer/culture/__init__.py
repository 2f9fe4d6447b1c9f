"""How it is to work here: culture of teams and organisations, and what is claimed about it."""
