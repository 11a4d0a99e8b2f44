"""What keeps files whole whatever befalls: a power cut, a kill, a full disk, or a second run at the same place."""
