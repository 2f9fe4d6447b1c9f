"""What is drawn: pictures of a training, and those beside rows."""
