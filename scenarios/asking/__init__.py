"""Ways of asking that several questions share: many policies side by side, ranges of a parameter, searches for an answer."""
