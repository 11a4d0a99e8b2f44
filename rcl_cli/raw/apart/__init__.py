"""Reading in a process of its own, so that what one file brings about there ends neither the program nor the batch."""
