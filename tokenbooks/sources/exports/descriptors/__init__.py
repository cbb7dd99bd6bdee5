"""The formats of export files: descriptors as data, and which one claims a file."""
