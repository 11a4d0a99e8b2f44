"""The tasks that come with rcl, registered like any third party's: denoise, demosaic, sr, jdensr."""
