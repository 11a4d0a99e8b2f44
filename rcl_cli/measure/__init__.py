"""What is measured of pictures and of networks: how near a result is to its target, and how far a network looks."""
