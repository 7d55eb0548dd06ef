package server

import (
	"fmt"

	"huying/classifier"
)

// returnMapView is which units give matters back, and to whom.
type returnMapView struct {
	Sentence string
	Pairs    []returnPairView
}

type returnPairView struct {
	classifier.ReturnedPair
	Why string
}

func newReturnMapView(m classifier.ReturnMap) returnMapView {
	v := returnMapView{Sentence: returnSentence(m)}
	for _, p := range m.Pairs {
		v.Pairs = append(v.Pairs, returnPairView{p, p.Reason.Label()})
	}
	return v
}

func returnSentence(m classifier.ReturnMap) string {
	if m.Returns == 0 {
		return "这段时间没有单位退回。单位退回时，在受理台“已办”里打开那件事记一笔，这里就会有数。"
	}
	s := fmt.Sprintf("这段时间记了 %d 次退回；同期有 %d 件决定派给了单位。", m.Returns, m.Decisions)
	return s + "职责不符的退回，下次训练后就影响主办单位的推荐：还没有人改派的，按建议的单位算；改派了的，原单位在这个事项上少算一次。"
}
