"""What a run need not find out again while nothing has changed that it rests on."""
