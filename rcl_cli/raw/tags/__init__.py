"""What files say of the shot: EXIF, XMP, TIFF directories, sidecars, and carrying it into results."""
