-- The index of keyed words: 16 hexadecimal digits each, no text, no positions, no lengths (nothing is ranked).
CREATE VIRTUAL TABLE petition_search USING fts5 (tokens, content='', columnsize=0, detail=none, tokenize=ascii);
