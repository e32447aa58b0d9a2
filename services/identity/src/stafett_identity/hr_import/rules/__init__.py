"""What an HR file means for the directory: a function of the file, what is known, and the day.

`reading` makes rows of a file, `checking` says which can be used, `plan` decides what changes, `report` tells it.
"""
