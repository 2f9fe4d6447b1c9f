"""Where the work on batches of rows is done: in this process, in several, or on other machines.

An engine maps a function over batches and merges what is left of them, and does nothing else. As
merging is exact and the work on a row depends on no other row, every engine gives the same bytes;
one that loses a worker does its batches again.
"""
