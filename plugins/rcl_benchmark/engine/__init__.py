"""What every benchmark shares: jobs, their records on disk, processes that do them, pages and figures."""
