// Package learn is the mathematics of learning from examples: classes are
// numbers from 0, texts are vectors; no word here knows what they stand for.
package learn
