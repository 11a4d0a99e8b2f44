"""DNG files: what their tags say of sensor and colour, and writing them."""
