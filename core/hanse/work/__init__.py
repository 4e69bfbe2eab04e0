"""Work on records: who follows them, what is to be done about them, and what people are told of them."""
