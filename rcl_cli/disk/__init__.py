"""What keeps files whole whatever befalls: a power cut, a kill, a full disk, an overlong name, or a second run."""
