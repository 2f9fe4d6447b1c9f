"""Every table that is shown: declared once, in a file by story, and how its rows are made."""
