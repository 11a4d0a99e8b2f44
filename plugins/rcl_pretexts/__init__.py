"""The pretexts that come with rcl, registered like any third party's."""
