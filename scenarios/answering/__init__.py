"""What questions share to come from a result to an answer: numbers world by world, words, tables and citations."""
