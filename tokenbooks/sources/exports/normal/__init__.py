"""How the rows of a sheet are read in the words of tokenbooks, as SQL."""
