"""The policy's claims, put to a survey."""
