package learn

// A class's own words (its name, what it covers) lie elsewhere than examples
// of it: two examples of different classes are more alike than an example and
// its class's name. Left where they are, they make a class that has few
// examples, or none, lose to one that has many, whatever the text. So they are
// moved to where examples lie: to the mean of all examples, and from there
// along the way that the words of the class differ from those of all classes.

// ownSlope is the part of that way to go while some classes have no example
// and stand beside those that have: the slope of the examples' means on the
// own words, over classes (0.25 to 0.28 on the 515 leaves of the starter
// catalogue, by kind of words). With more, the length of a mean would depend
// on how many examples it has. Once every class has examples only the
// direction matters, and the words count in full.
const ownSlope = 0.3

// exampled tells for each class whether a row is an example of it, and how
// many classes have one.
func exampled(classes int, rows []Row) (has []bool, count int) {
	has = make([]bool, classes)
	for _, r := range rows {
		if !r.Own && !has[r.Class] {
			has[r.Class] = true
			count++
		}
	}
	return has, count
}

// moveOwn moves the own words of all classes. Without any example nothing
// moves: then all classes are known alike.
func moveOwn(dim, classes int, rows []Row) []Row {
	has, count := exampled(classes, rows)
	if count == 0 {
		return rows
	}
	few := !nearlyAll(count, classes)
	centre, words := meanVector(dim, rows, false), meanVector(dim, rows, true)
	out := make([]Row, len(rows))
	for i, r := range rows {
		if r.Own {
			slope := float32(1)
			if few || !has[r.Class] {
				slope = ownSlope
			}
			moved := make([]float32, dim)
			for j, v := range r.Vector {
				moved[j] = centre[j] + slope*(v-words[j])
			}
			r.Vector = moved
		}
		out[i] = r
	}
	return out
}

// meanVector is the weighted mean of the rows that are, or are not, own words.
func meanVector(dim int, rows []Row, own bool) []float32 {
	sum := make([]float64, dim)
	total := 0.0
	for _, r := range rows {
		if r.Own != own {
			continue
		}
		total += r.Weight
		for j, v := range r.Vector {
			sum[j] += r.Weight * float64(v)
		}
	}
	out := make([]float32, dim)
	for j, v := range sum {
		out[j] = float32(v / max(total, 1e-12))
	}
	return out
}

// neutral gives the classes without examples what a view that knows only
// examples can say of them: nothing for or against, which is the mean over the
// other classes. What the view did say of them is kept on top.
func neutral(scores []float32, has []bool) {
	sum, n := float32(0), 0
	for c, s := range scores {
		if has[c] {
			sum += s
			n++
		}
	}
	if n == 0 || n == len(scores) {
		return
	}
	for c := range scores {
		if !has[c] {
			scores[c] += sum / float32(n)
		}
	}
}

// nearlyAll reports whether so few classes are missing that what is learned
// from the others is no verdict on them.
func nearlyAll(seen, classes int) bool { return 10*seen >= 9*classes }
