"""For whom: groups, their rates, and which stand out."""
