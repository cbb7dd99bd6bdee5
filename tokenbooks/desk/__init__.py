"""The desk: brings files, the core and the archive together, for the commands."""
