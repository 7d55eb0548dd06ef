package server

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"huying/intake"
	"huying/internal/id"
	"huying/internal/org"
	knowledge "huying/kb"
)

// proposed stores three proposals: one to take, one whose replies contradict
// each other, one of phrasings for an entry that stands.
func (w *world) proposed() (ready, blocked, extends knowledge.GroupID) {
	const answer = "养犬人带身份证、狂犬病免疫证到社区警务室办理养犬登记。登记当场办结，每只每年收费100元。"
	rounds := func(texts ...string) []knowledge.Round {
		var out []knowledge.Round
		for i, text := range texts {
			out = append(out, knowledge.Round{
				ID: id.New[knowledge.RoundID](), Kind: knowledge.Answered, Matter: id.New[intake.MatterID](), Title: text, Answer: answer,
				Unit: "云汀市公安局", At: w.fake.now.Add(-time.Duration(i) * time.Hour),
			})
		}
		return out
	}
	add := func(state knowledge.ProposalState, callers int, weighed knowledge.Weighed, texts ...string) knowledge.GroupID {
		g := id.New[knowledge.GroupID]()
		w.fake.proposals = append(w.fake.proposals, knowledge.Proposal{
			ID: g, State: state, Callers: callers, Weighed: weighed, MadeAt: w.fake.now.Add(-time.Hour),
		})
		w.fake.rounds[g] = rounds(texts...)
		return g
	}
	w.fake.rounds = map[knowledge.GroupID][]knowledge.Round{}
	ready = add(knowledge.ProposalReady, 5, knowledge.Weighed{
		Question: "养狗怎么办登记", Phrasings: []string{"狗证去哪里办", "家里添了只小狗，要不要上户口，带什么东西去"}, Replies: 3, Unit: "云汀市公安局", Callers: 5,
		Sentences: []knowledge.Sentence{{Text: "养犬人带身份证、狂犬病免疫证到社区警务室办理养犬登记。", Replies: 3}, {Text: "登记当场办结，每只每年收费100元。", Replies: 2}},
	}, "养狗怎么办登记", "狗证去哪里办", "家里添了只小狗，要不要上户口，带什么东西去")
	blocked = add(knowledge.ProposalBlocked, 4, knowledge.Weighed{
		Question: "老人优待证几岁能办", Unit: "云汀市民政局", Replies: 2, Callers: 4,
		Sentences: []knowledge.Sentence{{Text: "年满65周岁可以办理。", Replies: 1}},
		Versions: []knowledge.Version{
			{Answer: "年满65周岁可以办理。", Unit: "云汀市民政局", Callers: 3},
			{Answer: "年满60周岁可以办理。", Unit: "华新区民政局", Callers: 1, Conflicts: []string{"周岁：65 与 60"}},
		},
	}, "老人优待证几岁能办")
	extends = add(knowledge.ProposalReady, 3, knowledge.Weighed{
		Question: "暂住证快过期了咋弄", Phrasings: []string{"暂住证快过期了咋弄", "居住证续期在哪弄"}, Existing: w.fake.entries[0].ID, Callers: 3, Replies: 1,
	}, "暂住证快过期了咋弄", "居住证续期在哪弄")
	return ready, blocked, extends
}

// TestProposalBecomesADraft follows a proposal from the list to the draft.
func TestProposalBecomesADraft(t *testing.T) {
	w := newWorld(t)
	w.signIn(org.RoleAgent)
	w.status(w.get("/knowledge/proposals"), http.StatusForbidden)
	if strings.Contains(w.get("/knowledge").body, "/knowledge/proposals") {
		t.Error("an agent is led to the proposals")
	}
	w.jar = map[string]string{}
	w.signIn(org.RoleEditor)
	w.says(w.get("/knowledge/proposals"), "现在没有可以收进知识库的问答。", "够三位来电人就会出现")
	ready, blocked, extends := w.proposed()
	w.says(w.get("/knowledge/proposals"), "养狗怎么办登记 新条目 5 人问过", "老人优待证几岁能办 ▲ 答复不一致", "暂住证快过期了咋弄 补充问法", "等处理 3")
	path := "/knowledge/proposals/" + string(ready)
	page := w.get(path)
	w.says(page, "5 位来电人问过", "云汀市公安局", "由 3 份答复合成", "登记当场办结，每只每年收费100元。2 份", "狗证去哪里办", "答复与上一位的相同", "草稿不会用于答复")
	r := w.post(path+"/take", "question", "", "answer", "答复", "phrasings", "一\n二")
	w.status(r, http.StatusUnprocessableEntity)
	if w.says(r, "缺少“问题”"); !strings.Contains(r.body, "一\n二</textarea>") {
		t.Error("the form forgets what was typed")
	}
	r = w.post(path+"/take", "question", w.fake.entries[0].Question, "answer", "答复")
	w.says(r, "已有一条知识就是这样问的")
	r = w.post(path+"/take", "question", "养犬登记怎么办？", "answer", "带证件到警务室。", "phrasings", "狗证去哪里办\n\n 养狗怎么办登记 ", "topic", "治安", "unit", "云汀市公安局")
	w.status(r, http.StatusSeeOther)
	w.says(w.get(r.location), "已存为草稿，没有发布", "等处理 2")
	made := w.fake.entries[len(w.fake.entries)-1]
	if made.State != knowledge.EntryDraft || len(made.Phrasings) != 2 || made.Topic != "治安" {
		t.Errorf("made %+v", made)
	}
	w.status(w.post(path+"/take", "question", "再来一次", "answer", "带证件到警务室。"), http.StatusConflict)
	w.says(w.get("/knowledge/proposals?show=decided"), "养狗怎么办登记 新条目，已收 林晓岚")
	w.says(w.get("/knowledge/proposals/"+string(blocked)), "答复不一致", "3 人得到的答复 云汀市民政局", "1 人得到的答复 华新区民政局", "周岁：65 与 60", "答复要由您写")
	w.says(w.post("/knowledge/proposals/"+string(blocked)+"/take", "question", "老人优待证几岁能办", "answer", ""), "缺少“标准答复”")
	w.says(w.get(w.post("/knowledge/proposals/"+string(blocked)+"/reject").location), "已放下，再有三位来电人问到时会重新列出")
	page = w.get("/knowledge/proposals/" + string(extends))
	w.says(page, "这个问题已有条目", w.fake.entries[0].Question)
	before := len(w.fake.entries[0].Phrasings)
	w.says(w.get(w.post("/knowledge/proposals/"+string(extends)+"/extend", "phrasings", "居住证续期在哪弄").location), "已写进修改稿")
	if got := w.fake.entries[0].Phrasings; len(got) != before+1 {
		t.Errorf("phrasings %q", got)
	}
	w.status(w.get("/knowledge/proposals/"+string(id.New[knowledge.GroupID]())), http.StatusNotFound)
}

// TestAgentNotesWhatWasTold: what the agent told the caller ends the matter,
// masked, and can be taken back.
func TestAgentNotesWhatWasTold(t *testing.T) {
	w := newWorld(t)
	s := w.morning()
	w.signIn(org.RoleAgent)
	path := "/desk/" + string(s.Silent)
	w.says(w.get(path), "当场答复", "记下，结束这件事")
	w.says(w.post(path+"/reply", "text", "好"), "答复太短")
	r := w.post(path+"/reply", "text", "单职工最高可贷60万元，详情可打13812345678找王主任。")
	w.status(r, http.StatusSeeOther)
	w.says(w.get(r.location), "已记下当场答复", "撤销")
	if got := w.fake.replies; len(got) != 1 || strings.Contains(got[0].Text, "13812345678") {
		t.Errorf("kept %+v", got)
	}
	w.says(w.get(path), "已答复", "我：单职工最高可贷60万元")
	w.says(w.get(w.post(path+"/undo", "what", "reply").location), "已撤销，这件事回到待办")
	if len(w.fake.replies) != 0 || w.fake.files[s.Silent].Matter.State != intake.MatterOpen {
		t.Error("the reply was not taken back")
	}
	w.jar = map[string]string{}
	w.signIn(org.RoleEditor)
	w.status(w.post(path+"/reply", "text", "单职工最高可贷60万元"), http.StatusForbidden)
}

// TestProposalsInABrowser walks by keys and looks at the pages.
func TestProposalsInABrowser(t *testing.T) {
	b := newBrowser(t, newWorld(t))
	s := b.morning()
	b.signIn(org.RoleAdmin)
	b.open("/knowledge/proposals")
	b.look("proposals-empty")
	_, blocked, extends := b.proposed()
	b.open("/knowledge/proposals")
	b.reads("#queue", "养狗怎么办登记")
	b.look("proposals")
	b.press("j")
	b.reads("h1", "养狗怎么办登记")
	b.look("proposal-whole")
	b.press("j")
	b.reads("h1", "老人优待证几岁能办")
	b.look("proposal-blocked-whole")
	b.press("k")
	b.reads("h1", "养狗怎么办登记")
	b.press(kb.Enter)
	b.reads(".note", "已存为草稿，没有发布")
	b.open("/knowledge/proposals/" + string(extends))
	b.look("proposal-extends-whole")
	b.press("x")
	b.reads(".note", "已放下")
	b.open("/desk/" + string(s.Silent))
	b.press("d")
	b.reads("#reply", "您告诉对方的内容")
	b.look("desk-reply")
	b.run(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile))
	b.open("/knowledge/proposals/" + string(blocked))
	b.look("proposal-blocked-narrow")
	b.open("/knowledge/proposals")
	b.look("proposals-narrow")
	b.run(chromedp.EmulateViewport(1366, 768))
	b.dark(true)
	b.open("/knowledge/proposals/" + string(blocked))
	b.look("proposal-blocked-dark-whole")
}
