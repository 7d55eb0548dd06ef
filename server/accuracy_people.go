package server

import (
	"fmt"
	"math"

	"huying/classifier"
)

// peopleView is what the blind readings say: how far people agree, and how much
// of the machine's accuracy comes of its being believed.
type peopleView struct {
	Sentence string
	Rates    []rateView
	Few      bool
	Bias     string // the pull of the suggestion, in a sentence
	Ceiling  string // what the best machine could reach, in a sentence
}

// newPeopleView puts the agreement into words; nil when nothing is drawn and
// nothing was read.
func newPeopleView(a classifier.Agreement, on bool) *peopleView {
	if !on && a.Read == 0 {
		return nil
	}
	v := &peopleView{Few: a.Read < enough}
	v.Sentence = fmt.Sprintf("这段时间抽中 %d 件请没看过推荐的第二个人再判，判了 %d 件。", a.Drawn, a.Read)
	if a.Read == 0 {
		v.Sentence += "还没有数，看不出什么。"
		return v
	}
	v.Rates = []rateView{
		newRate("两个人定为同一事项", a.SameLeaf, a.Read),
		newRate("两个人选同一主办单位", a.SameLead, a.Leads),
		newRate("首选与看过推荐的人一致", a.ByFirst(), a.Shown),
		newRate("首选与没看推荐的人一致", a.BySecond(), a.Shown),
	}
	if v.Few {
		v.Sentence += fmt.Sprintf("不足 %d 件，还太少，看不出。", enough)
		return v
	}
	v.Ceiling = ceilingSentence(a)
	v.Bias = biasSentence(a)
	return v
}

// ceilingSentence says how far people agree: no machine can agree with people
// more often than they do with each other.
func ceilingSentence(a classifier.Agreement) string {
	r := newRate("", a.SameLeaf, a.Read)
	return fmt.Sprintf("同一件事由两个人判，有 %s 定为同一事项（多半在 %s 到 %s 之间）：人与人之间也只有这样，推荐再好也难超过。",
		percent(r.Share), percent(r.Low), percent(r.High))
}

// biasSentence says how much better the machine looks to those who saw what it
// suggested.
func biasSentence(a classifier.Agreement) string {
	if a.Shown < enough {
		return fmt.Sprintf("其中看着推荐办理的只有 %d 件，还太少，看不出人是不是被推荐带着走。", a.Shown)
	}
	bias, low, high := a.Bias()
	kept := fmt.Sprintf("同样 %d 件，看过推荐的人有 %s 用了首选，没看推荐的人有 %s 判得与首选一样",
		a.Shown, percent(float64(a.ByFirst())/float64(a.Shown)), percent(float64(a.BySecond())/float64(a.Shown)))
	switch {
	case low > 0:
		return fmt.Sprintf("%s，相差 %d 个百分点（多半在 %d 到 %d 之间）：人有一部分是被推荐带着走的，上面的准确率偏高。",
			kept, points(bias), points(low), points(high))
	case high < 0:
		return fmt.Sprintf("%s，反而少 %d 个百分点（多半在 %d 到 %d 之间）：人没有被推荐带着走。",
			kept, points(-bias), points(-high), points(-low))
	}
	return kept + "，差别在偶然的范围内：看不出人被推荐带着走。"
}

// points is a difference of shares in whole points of per cent.
func points(d float64) int { return int(math.Round(d * 100)) }
