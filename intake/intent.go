package intake

// Type is what kind of thing a citizen wants.
type Type string

// The types, by their names on screen (glossary).
const (
	Consultation Type = "咨询"
	Help         Type = "求助"
	Proposal     Type = "意见建议"
	Complaint    Type = "投诉"
	Report       Type = "举报"
	Praise       Type = "表扬"
)

// Types lists them in the order in which they are shown.
func Types() []Type {
	return []Type{Consultation, Help, Proposal, Complaint, Report, Praise}
}

// Urgency is how fast someone must act: A at once, B soon, C in the ordinary
// time.
type Urgency string

// The urgencies.
const (
	UrgencyA Urgency = "A"
	UrgencyB Urgency = "B"
	UrgencyC Urgency = "C"
)

// Label is the urgency's name on screen.
func (u Urgency) Label() string {
	switch u {
	case UrgencyA:
		return "紧急"
	case UrgencyB:
		return "较急"
	}
	return "一般"
}

// Valid reports whether u is one of the urgencies.
func (u Urgency) Valid() bool { return u == UrgencyA || u == UrgencyB || u == UrgencyC }
