"""What every app stands on and no app owns: errors, values as JSON, the database's moods, the frame of the commands.

The lowest floor: imports nothing else of the project, and is no Django app.
"""
