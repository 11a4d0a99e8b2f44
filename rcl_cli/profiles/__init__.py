"""From files to noise profiles: measuring, checking, keeping and choosing them. Needs no torch."""
