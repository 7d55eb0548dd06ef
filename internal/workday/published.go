package workday

import "time"

// stretch is one holiday or one make-up day of an arrangement.
type stretch struct {
	name        string
	month       time.Month
	first, last int
	work        bool
}

// arrangement is one year as published. Stretches lie within one month.
type arrangement struct {
	year int
	days []stretch
}

// published is the yearly 国务院办公厅关于…年部分节假日安排的通知, as printed:
// 2024 of 25 October 2023 (国办发明电〔2023〕7号), 2025 of 12 November 2024
// (国办发明电〔2024〕12号), 2026 of 4 November 2025.
var published = []arrangement{
	{2024, []stretch{
		free("元旦", time.January, 1, 1),
		free("春节", time.February, 10, 17), worked("春节", time.February, 4), worked("春节", time.February, 18),
		free("清明节", time.April, 4, 6), worked("清明节", time.April, 7),
		free("劳动节", time.May, 1, 5), worked("劳动节", time.April, 28), worked("劳动节", time.May, 11),
		free("端午节", time.June, 10, 10),
		free("中秋节", time.September, 15, 17), worked("中秋节", time.September, 14),
		free("国庆节", time.October, 1, 7), worked("国庆节", time.September, 29), worked("国庆节", time.October, 12),
	}},
	{2025, []stretch{
		free("元旦", time.January, 1, 1),
		free("春节", time.January, 28, 31), free("春节", time.February, 1, 4),
		worked("春节", time.January, 26), worked("春节", time.February, 8),
		free("清明节", time.April, 4, 6),
		free("劳动节", time.May, 1, 5), worked("劳动节", time.April, 27),
		free("端午节", time.May, 31, 31), free("端午节", time.June, 1, 2),
		free("国庆节、中秋节", time.October, 1, 8),
		worked("国庆节、中秋节", time.September, 28), worked("国庆节、中秋节", time.October, 11),
	}},
	{2026, []stretch{
		free("元旦", time.January, 1, 3), worked("元旦", time.January, 4),
		free("春节", time.February, 15, 23), worked("春节", time.February, 14), worked("春节", time.February, 28),
		free("清明节", time.April, 4, 6),
		free("劳动节", time.May, 1, 5), worked("劳动节", time.May, 9),
		free("端午节", time.June, 19, 21),
		free("中秋节", time.September, 25, 27),
		free("国庆节", time.October, 1, 7), worked("国庆节", time.September, 20), worked("国庆节", time.October, 10),
	}},
}

func free(name string, month time.Month, first, last int) stretch {
	return stretch{name: name, month: month, first: first, last: last}
}

func worked(name string, month time.Month, day int) stretch {
	return stretch{name: name, month: month, first: day, last: day, work: true}
}

// Published gives the arrangements of the State Council that this build
// knows, by year in order. Weekend days within a holiday are listed too.
func Published() []Day {
	var all []Day
	for _, a := range published {
		for _, s := range a.days {
			for day := s.first; day <= s.last; day++ {
				all = append(all, Day{Date: NewDate(a.year, s.month, day), Work: s.work, Name: s.name})
			}
		}
	}
	return all
}
