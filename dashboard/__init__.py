"""What is published, shown to people. Reads published files only and writes nothing."""
