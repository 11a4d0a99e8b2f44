"""Folders of files to training crops: finding, caching, cropping, pairing."""
