package server

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"huying/internal/org"
	"huying/kb"
)

// apiClause is a rule that an entry rests on.
type apiClause struct {
	Law    string     `json:"law" minLength:"1" maxLength:"200" doc:"法规名称，不带书名号"`
	Clause string     `json:"clause,omitempty" maxLength:"200" doc:"条款，如“第八条”；没有这一项为整部法规"`
	Until  *time.Time `json:"until,omitempty" doc:"有效至；没有这一项为没有期限"`
}

func newAPIClauses(all []kb.Clause) []apiClause {
	out := make([]apiClause, len(all))
	for i, c := range all {
		out[i] = apiClause{Law: c.Law, Clause: c.Text, Until: whenKnown(c.Until)}
	}
	return out
}

// entryText is what an editor writes.
type entryText struct {
	Code       string      `json:"code,omitempty" maxLength:"200" doc:"知识库自己的编号；已发布的条目不改编号"`
	Question   string      `json:"question" minLength:"1" maxLength:"300" doc:"问题"`
	Answer     string      `json:"answer" minLength:"1" maxLength:"20000" doc:"标准答复，只是文字"`
	Short      string      `json:"short,omitempty" maxLength:"500" doc:"念读稿"`
	Phrasings  []string    `json:"phrasings,omitempty" nullable:"false" maxItems:"50" doc:"相似问法"`
	Negatives  []string    `json:"negatives,omitempty" nullable:"false" maxItems:"50" doc:"反例问法"`
	Unit       string      `json:"unit,omitempty" maxLength:"200" doc:"答复单位，送审前必须写"`
	Area       string      `json:"area,omitempty" maxLength:"100" doc:"适用的属地；没有这一项为全市"`
	Audience   string      `json:"audience,omitempty" maxLength:"200" doc:"适用对象"`
	Topic      string      `json:"topic,omitempty" maxLength:"200" doc:"主题"`
	Family     string      `json:"family,omitempty" maxLength:"300" doc:"变体组"`
	Basis      string      `json:"basis,omitempty" maxLength:"1000" doc:"依据"`
	Clauses    []apiClause `json:"clauses,omitempty" nullable:"false" maxItems:"20" doc:"依据的法规条款"`
	ValidFrom  *time.Time  `json:"valid_from,omitempty" doc:"从何时起有效"`
	ValidUntil *time.Time  `json:"valid_until,omitempty" doc:"有效至"`
}

func (t entryText) entry() kb.Entry {
	e := kb.Entry{
		Code: t.Code, Question: t.Question, Answer: t.Answer, Short: t.Short, Phrasings: t.Phrasings, Negatives: t.Negatives,
		Unit: t.Unit, Area: org.AreaCode(t.Area), Audience: t.Audience, Topic: t.Topic, Family: t.Family, Basis: t.Basis,
		ValidFrom: timeOf(t.ValidFrom), ValidUntil: timeOf(t.ValidUntil),
	}
	for _, c := range t.Clauses {
		e.Clauses = append(e.Clauses, kb.Clause{Law: c.Law, Text: c.Clause, Until: timeOf(c.Until)})
	}
	return e
}

func timeOf(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

type newEntryInput struct {
	Body entryText `nameHint:"EntryText"`
}

type editEntryInput struct {
	ID   apiID `path:"id" doc:"条目编号"`
	Body struct {
		Version int       `json:"version" minimum:"1" doc:"修改以哪一版为底；这期间别人改过就返回 409"`
		Entry   entryText `json:"entry" doc:"改成什么；没有写的栏为空"`
	} `nameHint:"EntryEdit"`
}

type moveEntryInput struct {
	ID   apiID `path:"id" doc:"条目编号"`
	Body struct {
		Step    string `json:"step" enum:"send,withdraw,return,approve,doubt,keep,retire,revive" doc:"send 送审，withdraw 撤回，return 退回修改，approve 通过并发布，doubt 转待核实，keep 核实无误，retire 停用，revive 重新启用"`
		Version int    `json:"version" minimum:"1" doc:"看过的是哪一版"`
		Remark  string `json:"remark,omitempty" maxLength:"500" doc:"原因；退回、转待核实和停用必须写"`
	} `nameHint:"EntryMove"`
}

// apiEdition is one version of an entry.
type apiEdition struct {
	Entry  apiEntry `json:"entry" doc:"这一版的内容"`
	Step   kb.Step  `json:"step" doc:"怎样成为这一版：new 新建，edit 修改，rollback 恢复旧内容，import 导入，merge 并入原条目，expire 到期，law 依据有变，其余同 moves"`
	Remark string   `json:"remark,omitempty" doc:"原因"`
	By     string   `json:"by,omitempty" doc:"谁；没有这一项为系统"`
}

type editionsOutput struct {
	Body struct {
		Versions []apiEdition `json:"versions" nullable:"false" doc:"新的在前"`
	} `nameHint:"Editions"`
}

type tasksInput struct {
	List   string `query:"list" enum:"review,verify,overdue,soon,draft,retired" default:"review" doc:"review 待审核，verify 待核实，overdue 逾期，soon 30 天内到期，draft 草稿，retired 已停用"`
	Unit   string `query:"unit" maxLength:"200" doc:"只要这个答复单位的"`
	Before apiID  `query:"before" doc:"上一页的 next"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"40" doc:"至多几条"`
}

// apiTask is an entry that somebody must act on.
type apiTask struct {
	Entry  apiEntry   `json:"entry" doc:"知识条目"`
	Due    *time.Time `json:"due,omitempty" doc:"何时前要处理"`
	Remark string     `json:"remark,omitempty" doc:"为什么在这里"`
	By     string     `json:"by,omitempty" doc:"谁放到这里的；没有这一项为系统"`
}

type tasksOutput struct {
	Body struct {
		Tasks []apiTask  `json:"tasks" nullable:"false" doc:"先到期的在前"`
		Next  kb.EntryID `json:"next,omitempty" format:"uuid" doc:"取下一页时的 before；没有这一项为到头了"`
	} `nameHint:"Tasks"`
}

type markInput struct {
	Body struct {
		Law    string `json:"law" minLength:"1" maxLength:"200" doc:"法规名称"`
		Clause string `json:"clause,omitempty" maxLength:"200" doc:"条款；没有这一项为整部法规"`
		Note   string `json:"note" minLength:"1" maxLength:"500" doc:"有什么变化"`
	} `nameHint:"ClauseMark"`
}

type markOutput struct {
	Body struct {
		Moved int `json:"moved" doc:"转为待核实的条目数"`
	} `nameHint:"Marked"`
}

func (s *Server) editingOperations(a huma.API) {
	handle(a, huma.Operation{
		OperationID: "write-entry", Method: http.MethodPost, Path: "/entries", Tags: []string{tagKnowledge}, DefaultStatus: http.StatusCreated, Errors: []int{http.StatusConflict},
		Summary: "写一条知识", Description: "成为草稿，不会用于答复；送审并由第二个人通过后发布。同一地区已有同样的问题时返回 409。",
	}, s.writeNewEntry)
	handle(a, huma.Operation{
		OperationID: "edit-entry", Method: http.MethodPost, Path: "/entries/{id}/versions", Tags: []string{tagKnowledge}, Errors: []int{http.StatusConflict},
		Summary: "修改一条知识", Description: "草稿得到新的一版。正在答复的条目不动：写成一份修改稿，通过后替换它。别人先改过、正在审核或已停用时返回 409，什么也不保存。",
	}, s.editEntry)
	handle(a, huma.Operation{
		OperationID: "move-entry", Method: http.MethodPost, Path: "/entries/{id}/moves", Tags: []string{tagKnowledge}, Errors: []int{http.StatusConflict},
		Summary: "送审、通过、停用一条知识", Description: "条目从一个状态到另一个状态。自己写的或送审的不能由自己通过；答复单位另有采编员的由他们审核。状态已变时返回 409。",
	}, s.moveEntryByAPI)
	handle(a, huma.Operation{
		OperationID: "list-versions-of-entry", Method: http.MethodGet, Path: "/entries/{id}/versions", Tags: []string{tagKnowledge},
		Summary: "一条知识的各版本", Description: "每一版的内容、谁在何时做了什么，新的在前。",
	}, s.listEditions)
	handle(a, huma.Operation{
		OperationID: "list-tasks", Method: http.MethodGet, Path: "/entry-tasks", Tags: []string{tagKnowledge},
		Summary: "待处理的知识条目", Description: "待审核、待核实、逾期、快到期的条目，先到期的在前。",
	}, s.listTasks)
	handle(a, huma.Operation{
		OperationID: "mark-clause", Method: http.MethodPost, Path: "/clause-marks", Tags: []string{tagKnowledge},
		Summary: "标记法规条款有变化", Description: "依据它的已发布条目马上转为待核实，不再直接答复。",
	}, s.markClauseByAPI)
}

// writeNewEntry stores a new draft.
func (s *Server) writeNewEntry(ctx context.Context, actor org.Actor, in *newEntryInput) (*entryOutput, error) {
	e, err := s.o.Editing.Write(ctx, actor, in.Body.entry())
	if err != nil {
		return nil, err
	}
	return &entryOutput{Body: newAPIEntry(e)}, nil
}

// editEntry stores the next version of a draft, or a copy in work.
func (s *Server) editEntry(ctx context.Context, actor org.Actor, in *editEntryInput) (*entryOutput, error) {
	e := in.Body.Entry.entry()
	e.ID, e.Version = idOf[kb.EntryID](in.ID), in.Body.Version
	e, err := s.o.Editing.Write(ctx, actor, e)
	if err != nil {
		return nil, err
	}
	return &entryOutput{Body: newAPIEntry(e)}, nil
}

// moveEntryByAPI takes a step with an entry.
func (s *Server) moveEntryByAPI(ctx context.Context, actor org.Actor, in *moveEntryInput) (*entryOutput, error) {
	e, err := s.o.Editing.Move(ctx, actor, idOf[kb.EntryID](in.ID), in.Body.Version, kb.Step(in.Body.Step), in.Body.Remark)
	if err != nil {
		return nil, err
	}
	return &entryOutput{Body: newAPIEntry(e)}, nil
}

// listEditions gives an entry's versions.
func (s *Server) listEditions(ctx context.Context, actor org.Actor, in *entryInput) (*editionsOutput, error) {
	all, err := s.o.Editing.Editions(ctx, actor, idOf[kb.EntryID](in.ID))
	if err != nil {
		return nil, err
	}
	out := &editionsOutput{}
	out.Body.Versions = make([]apiEdition, len(all))
	for i, d := range all {
		out.Body.Versions[i] = apiEdition{Entry: newAPIEntry(d.Entry), Step: d.Step, Remark: d.Remark, By: d.By}
	}
	return out, nil
}

// listTasks gives a page of a list.
func (s *Server) listTasks(ctx context.Context, actor org.Actor, in *tasksInput) (*tasksOutput, error) {
	tasks, err := s.o.Upkeep.Tasks(ctx, actor, kb.TaskFilter{
		List: kb.TaskList(in.List), Unit: in.Unit, Before: idOf[kb.EntryID](in.Before), Limit: in.Limit,
	})
	if err != nil {
		return nil, err
	}
	out := &tasksOutput{}
	out.Body.Tasks = make([]apiTask, len(tasks))
	for i, t := range tasks {
		out.Body.Tasks[i] = apiTask{Entry: newAPIEntry(t.Entry), Due: whenKnown(t.Due), Remark: t.Remark, By: t.By}
	}
	if len(tasks) == in.Limit {
		out.Body.Next = tasks[len(tasks)-1].Entry.ID
	}
	return out, nil
}

// markClauseByAPI says that a rule has changed.
func (s *Server) markClauseByAPI(ctx context.Context, actor org.Actor, in *markInput) (*markOutput, error) {
	moved, err := s.o.Upkeep.MarkClause(ctx, actor, in.Body.Law, in.Body.Clause, in.Body.Note)
	if err != nil {
		return nil, err
	}
	out := &markOutput{}
	out.Body.Moved = moved
	return out, nil
}
