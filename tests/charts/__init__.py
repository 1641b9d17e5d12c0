"""Charts: geometry by properties, words by examples, markup by reading it again."""
