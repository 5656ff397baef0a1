"""Doors to the outside (外部接口), each with a local stand-in."""
