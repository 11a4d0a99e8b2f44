"""Pictures that are no raws: reading and writing TIFF, PNG, JPEG, WebP and OpenEXR as they are."""
