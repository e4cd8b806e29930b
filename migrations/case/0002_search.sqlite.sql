-- The index of keyed words: 16 hexadecimal digits each, no text, no positions.
CREATE VIRTUAL TABLE petition_search USING fts5 (tokens, content='', detail=none, tokenize=ascii);
