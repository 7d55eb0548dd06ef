package casework

// Way is how it came about that a unit has a case (四办); empty: nobody has
// said. SetWay notes the first alone; the others are made by what they are:
// Shares, Appointments, and Hurry.
type Way string

// The ways.
const (
	Statutory Way = "statutory" // 法定办: the list says so
	Agreed    Way = "agreed"    // 商定办: the units agree who leads, and on shares
	Appointed Way = "appointed" // 指定办: a superior names the unit
	Immediate Way = "immediate" // 立即办: urgent, whoever has it first acts
)

// Label is the way's name on screen.
func (w Way) Label() string {
	return map[Way]string{Statutory: "法定办", Agreed: "商定办", Appointed: "指定办", Immediate: "立即办"}[w]
}

// maxForeignRunes is how long another platform's number may be.
const maxForeignRunes = 40
