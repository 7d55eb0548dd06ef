-- pgvector 0.8 or newer: halfvec, and iterative scans that keep filters honest.
CREATE EXTENSION IF NOT EXISTS vector;
