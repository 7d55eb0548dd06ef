package eval

import (
	"regexp"
	"strings"
)

// titles say in the reader's words what a figure is, by its name with K for
// each count after an @. What is not here stands under its name alone.
var titles = map[string]string{
	"catalogue":               "事项推荐",
	"labels":                  "标签",
	"urgency":                 "紧急程度",
	"answers.gov":             "即时答复",
	"answers.faq":             "常见问答",
	"catalogue.leaf@K":        "事项：前 # 个候选中有",
	"catalogue.level2@K":      "第二级类目正确",
	"catalogue.level1@K":      "第一级类目正确",
	"catalogue.lead@K":        "主办单位：前 # 个中有",
	"catalogue.co.f1":         "协办单位（F1）",
	"catalogue.type.acc":      "诉求类型正确",
	"catalogue.urgent.recall": "紧急的认出多少", "catalogue.urgent.precision": "说紧急的有多少是",
	"catalogue.set.coverage":  "候选集中有正确事项（目标 90%）",
	"catalogue.set.size":      "候选集平均几个事项",
	"catalogue.ece":           "说的概率与实际的偏差",
	"catalogue.ece.excess":    "偏差超出偶然的部分（不大于 0 为好）",
	"catalogue.warm@K.leaf@K": "先确认 # 件，其余的首选正确",
	"catalogue.llm.leaf@K":    "加大模型排序：前 # 个候选中有",
	"catalogue.llm.gain@K":    "大模型排序的得失（前 # 个）",
	"catalogue.llm.answered":  "大模型按时给出可用排序多少",
	"labels.acc":              "标签正确", "labels.f1": "标签（各标签 F1 的平均）", "labels.top3": "标签：前 3 个中有",
	"labels.acc@K": "学 # 件后标签正确", "labels.cold@K": "只学 # 件，标签正确",
	"units.lead@K": "信件的主办单位：前 # 个中有", "units.bus.acc": "全部信件的主办单位正确",
	"urgency.A.recall": "危险的认出多少", "urgency.A.precision": "说危险的有多少是",
	"urgency.acc": "紧急程度正确", "urgency.trap.false": "字眼吓人而不危险的，误报多少",
	"extract": "原文摘要", "extract.place.f1": "地点一字不差（F1）", "extract.place.overlap": "地点对上大半（F1）",
	"extract.time.f1": "时间一字不差（F1）", "extract.time.overlap": "时间对上大半（F1）",
	"extract.amount.f1": "金额一字不差（F1）", "extract.amount.overlap": "金额对上大半（F1）",
	"extract.counterpart.f1": "对象一字不差（F1）", "extract.counterpart.overlap": "对象对上大半（F1）",
	"extract.demand.f1": "诉求点一字不差（F1）", "extract.demand.overlap": "诉求点对上大半（F1）",
	"extract.llm.place.overlap": "加大模型：地点对上大半（F1）", "extract.llm.place.gain": "大模型摘地点的得失",
	"extract.llm.time.overlap": "加大模型：时间对上大半（F1）", "extract.llm.time.gain": "大模型摘时间的得失",
	"extract.llm.amount.overlap": "加大模型：金额对上大半（F1）", "extract.llm.amount.gain": "大模型摘金额的得失",
	"extract.llm.counterpart.overlap": "加大模型：对象对上大半（F1）", "extract.llm.counterpart.gain": "大模型摘对象的得失",
	"extract.llm.demand.overlap": "加大模型：诉求点对上大半（F1）", "extract.llm.demand.gain": "大模型摘诉求点的得失",
	"extract.llm.answered": "大模型按时给出可用要点多少",
	"answers.gov.r@K":      "条目：前 # 个中有", "answers.gov.mrr": "条目的倒数排名",
	"answers.gov.coverage@K": "能答的答对多少（错不超过 2%）", "answers.gov.precision": "答了的有多少对",
	"answers.gov.wrong.near": "相近而不同的问题，误答多少", "answers.gov.wrong.case": "问自己那件事的，误答多少",
	"answers.gov.split.f1": "一件两问的拆分（F1）", "answers.outside": "投诉而误答知识多少",
	"answers.gov.llm.caught": "答错的，大模型拦下多少", "answers.gov.llm.lost": "答对的，被大模型误拦多少",
	"answers.gov.llm.answered": "大模型按时给出可用核对多少",
	"answers.faq.r@K":          "问答：前 # 个中有", "answers.faq.mrr": "问答的倒数排名",
	"speed.suggest.p50_ms": "一次推荐用时，中位（毫秒）", "speed.suggest.p99_ms": "一次推荐用时，第 99 百分位（毫秒）",
	"speed.suggest.ratio": "推荐速度与其中向量计算速度之比", "speed.suggest.ratio.200k": "同上，20 万例时",
	"answers.speed.ratio": "答问用时与其中向量计算用时之比",
}

var counted = regexp.MustCompile(`@(\d+)`)

// title gives the words for a figure or a protocol; empty when there are none.
func title(name string) string {
	count := ""
	if found := counted.FindStringSubmatch(name); found != nil {
		count = found[1]
	}
	return strings.Replace(titles[counted.ReplaceAllString(name, "@K")], "#", count, 1)
}
