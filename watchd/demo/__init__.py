"""A small bundled world for `watchd demo`: feeds in five languages, on this machine only."""
