"""Reports that one opens in a browser: one HTML file, pictures and charts inside, nothing from the network."""
