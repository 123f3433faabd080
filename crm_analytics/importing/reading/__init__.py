"""From text to values: in which form each column is written, by evidence over all its rows; what they leave open is asked."""
