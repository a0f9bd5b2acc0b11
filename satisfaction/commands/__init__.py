"""flask commands, one noun a file. Each drives the core once and prints what came of it.

Refuses to do anything that the core does not do for the faces as well.
"""
