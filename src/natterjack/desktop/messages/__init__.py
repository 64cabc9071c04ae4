"""What was said, as it is painted: 100,000 lines cost no more than those that one sees."""
