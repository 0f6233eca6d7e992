"""watchd: rules over feeds; every hit kept with its evidence, every alert delivered."""

__version__ = "0.3.0"
