package query

import "huying/internal/text"

// Fold is the spelling in which texts are compared character by character:
// normalised, simplified, in lower case. Tokens are spelled the same way.
func Fold(s string) string { return text.Fold(s) }
