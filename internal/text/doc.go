// Package text prepares what people wrote for machines, and keeps what
// machines must not see away from them.
//
// Normalise makes one spelling of width, spaces and control characters;
// Simplify folds traditional characters for search; a Segmenter cuts words;
// Pinyin and PinyinInitials serve look-up and sorting; Mask replaces a
// citizen's personal data by readable placeholders.
//
// All functions take any bytes, accept the empty string and are safe for
// concurrent use. The package knows nothing of messages or catalogues.
package text
