"""What pages are made of: HTML, charts, pictures before and after, and the file they end in."""
