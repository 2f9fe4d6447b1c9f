"""What was settled before a survey may be used, and who decides on what is proposed."""
