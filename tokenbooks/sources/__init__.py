"""Sources: the only readers of files; text in, facts and problems out."""
