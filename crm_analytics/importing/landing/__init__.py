"""From the bytes of a file to its table as text: nothing lost, every record with its line. Values are not looked at here."""
