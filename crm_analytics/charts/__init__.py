"""Pictures: DataFrame -> plotly Figure.  One module per screen; colours and manners in `style`."""
