"""Reports that one opens in a browser: one HTML file, pictures inside."""
