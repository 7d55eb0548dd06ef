// Package privacy is what becomes of personal data after they were received:
// the keys that seal them and how these are replaced (keys.go), how long they
// are kept and what is kept in spite of that (retention.go), and what a citizen
// is given of their own, has corrected or erased (subject.go).
//
// Originals (words, name and phone as received) and attachments are what is
// deleted. Masked texts stay: statistics and what was learned rest on them.
package privacy
