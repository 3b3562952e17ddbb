"""What can be done to a video: one file a command, `TASK` in each."""
