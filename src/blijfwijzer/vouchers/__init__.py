"""What is offered: a budget divided over groups, what else could be done, and a fair lottery."""
