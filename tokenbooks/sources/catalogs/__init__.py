"""Reads price catalogs: public collections of prices, to import from and to compare with."""
