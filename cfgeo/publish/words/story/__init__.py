"""What a run tells in words for a room full of people: its story in five steps, and the first page of reports."""
