"""What a person sees of a conversation, worked out for every front end alike: rows, colours, order, completion.

Pure: times, days and what a directory holds come in as arguments.
"""
