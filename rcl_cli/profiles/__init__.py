"""From files to noise profiles and back: measuring, checking, keeping, choosing and stamping them. Needs no torch."""
