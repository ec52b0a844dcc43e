"""What is wrong in a file of the user, in one line."""


def what_is_wrong(error: Exception) -> str:
    """The text of an error, the place in the file first."""
    text = str(error).strip("'\"")
    what, told, place = text.partition(" - at `$")
    return f"{place.strip('.`')}: {what}" if told else text
