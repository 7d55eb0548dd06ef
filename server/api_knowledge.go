package server

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"huying/intake"
	"huying/internal/org"
	"huying/kb"
)

// apiEntry is one question with its verified answer.
type apiEntry struct {
	ID         kb.EntryID     `json:"id" format:"uuid" doc:"条目编号"`
	Code       string         `json:"code,omitempty" doc:"知识库自己的编号"`
	Version    int            `json:"version" doc:"版本，从 1 起，每改一次加一"`
	State      kb.EntryState  `json:"state" enum:"draft,review,published,to_verify,retired" doc:"draft 草稿，review 待审核，published 已发布，to_verify 待核实，retired 已停用"`
	Question   string         `json:"question" doc:"问题"`
	Phrasings  []string       `json:"phrasings" nullable:"false" doc:"相似问法"`
	Negatives  []string       `json:"negatives" nullable:"false" doc:"反例问法：看着相近，其实不归这一条答"`
	Answer     string         `json:"answer" doc:"标准答复"`
	Spoken     string         `json:"spoken" doc:"念读稿，或答复的头几句"`
	Unit       string         `json:"unit,omitempty" doc:"答复单位"`
	Area       org.AreaCode   `json:"area,omitempty" doc:"适用的属地；没有这一项为全市"`
	Topic      string         `json:"topic,omitempty" doc:"主题"`
	Audience   string         `json:"audience,omitempty" doc:"适用对象；没有这一项为所有人"`
	Family     string         `json:"family,omitempty" doc:"变体组：同一个问题在不同地区的答复有同一个值"`
	Basis      string         `json:"basis,omitempty" doc:"依据"`
	Clauses    []apiClause    `json:"clauses" nullable:"false" doc:"依据的法规条款；有变化时这一条要核实"`
	Files      []apiEntryFile `json:"files" nullable:"false" doc:"附件；内容用 get-file-of-entry 取"`
	Replaces   kb.EntryID     `json:"replaces,omitempty" format:"uuid" doc:"这是一份修改稿，通过后替换的条目"`
	ValidFrom  *time.Time     `json:"valid_from,omitempty" doc:"从何时起有效；没有这一项为一直有效"`
	ValidUntil *time.Time     `json:"valid_until,omitempty" doc:"有效至；没有这一项为没有期限"`
	UpdatedAt  time.Time      `json:"updated_at" doc:"最近一次修改的时间"`
}

func newAPIEntry(e kb.Entry) apiEntry {
	return apiEntry{
		ID: e.ID, Code: e.Code, Version: e.Version, State: e.State, Question: e.Question, Phrasings: listed(e.Phrasings),
		Negatives: listed(e.Negatives), Audience: e.Audience, Family: e.Family, Clauses: newAPIClauses(e.Clauses), Files: newAPIEntryFiles(e.Files), Replaces: e.Replaces,
		Answer: e.Answer, Spoken: e.Spoken(), Unit: e.Unit, Area: e.Area, Topic: e.Topic, Basis: e.Basis,
		ValidFrom: whenKnown(e.ValidFrom), ValidUntil: whenKnown(e.ValidUntil), UpdatedAt: utc(e.UpdatedAt),
	}
}

type entriesInput struct {
	Topic  string `query:"topic" maxLength:"200" doc:"只要这个主题的"`
	Before apiID  `query:"before" doc:"上一页的 next"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"40" doc:"至多几条"`
}

type entriesOutput struct {
	Body struct {
		Entries []apiEntry `json:"entries" nullable:"false" doc:"最近修改的在前"`
		Next    kb.EntryID `json:"next,omitempty" format:"uuid" doc:"取下一页时的 before；没有这一项为到头了"`
	} `nameHint:"Entries"`
}

type entryInput struct {
	ID apiID `path:"id" doc:"条目编号"`
}

type entryOutput struct {
	Body apiEntry
}

func (s *Server) knowledgeOperations(a huma.API) {
	handle(a, huma.Operation{
		OperationID: "list-entries", Method: http.MethodGet, Path: "/entries", Tags: []string{tagKnowledge},
		Summary: "列出知识条目", Description: "已发布的条目，最近修改的在前。",
	}, s.listEntries)
	handle(a, huma.Operation{
		OperationID: "get-entry", Method: http.MethodGet, Path: "/entries/{id}", Tags: []string{tagKnowledge},
		Summary: "取一条知识", Description: "任何状态的条目都可以取。",
	}, s.giveEntry)
}

// listEntries gives a page of published entries.
func (s *Server) listEntries(ctx context.Context, actor org.Actor, in *entriesInput) (*entriesOutput, error) {
	entries, err := s.o.Knowledge.Entries(ctx, actor, kb.EntryFilter{Topic: in.Topic, Before: idOf[kb.EntryID](in.Before), Limit: in.Limit})
	if err != nil {
		return nil, err
	}
	out := &entriesOutput{}
	out.Body.Entries = make([]apiEntry, len(entries))
	for i, e := range entries {
		out.Body.Entries[i] = newAPIEntry(e)
	}
	if len(entries) == in.Limit {
		out.Body.Next = entries[len(entries)-1].ID
	}
	return out, nil
}

// giveEntry answers with one entry.
func (s *Server) giveEntry(ctx context.Context, actor org.Actor, in *entryInput) (*entryOutput, error) {
	e, err := s.o.Knowledge.Entry(ctx, actor, idOf[kb.EntryID](in.ID))
	if err != nil {
		return nil, err
	}
	return &entryOutput{Body: newAPIEntry(e)}, nil
}

// apiNotice is a pinned answer to an event.
type apiNotice struct {
	ID     kb.NoticeID  `json:"id" format:"uuid" doc:"统一口径编号"`
	Title  string       `json:"title" doc:"标题"`
	Text   string       `json:"text" doc:"口径内容"`
	Area   org.AreaCode `json:"area,omitempty" doc:"适用的属地；没有这一项为全市"`
	Starts time.Time    `json:"starts" doc:"开始时间"`
	Ends   time.Time    `json:"ends" doc:"结束时间"`
	Calls  int          `json:"calls" doc:"已归入的来电数"`
}

type noticesOutput struct {
	Body struct {
		Notices []apiNotice `json:"notices" nullable:"false" doc:"现在有效的，后开始的在前"`
	} `nameHint:"Notices"`
}

type joinInput struct {
	ID   apiID `path:"id" doc:"统一口径编号"`
	Body struct {
		Contact apiID `json:"contact" doc:"来电编号"`
	} `nameHint:"Join"`
}

func (s *Server) noticeOperations(a huma.API) {
	handle(a, huma.Operation{
		OperationID: "list-notices", Method: http.MethodGet, Path: "/notices", Tags: []string{tagKnowledge},
		Summary: "列出统一口径", Description: "停电、暴雨一类事件的统一答复，只列现在有效的。",
	}, s.listNotices)
	handle(a, huma.Operation{
		OperationID: "join-notice", Method: http.MethodPost, Path: "/notices/{id}/contacts", Tags: []string{tagKnowledge},
		DefaultStatus: http.StatusNoContent,
		Summary:       "把来电归入统一口径", Description: "同一来电归入两次只算一次。统一口径已结束或来电不存在时返回 404。",
	}, s.joinContact)
}

// listNotices gives the notices that hold now.
func (s *Server) listNotices(ctx context.Context, actor org.Actor, _ *struct{}) (*noticesOutput, error) {
	notices, err := s.o.Notices.Active(ctx, actor)
	if err != nil {
		return nil, err
	}
	out := &noticesOutput{}
	out.Body.Notices = make([]apiNotice, len(notices))
	for i, n := range notices {
		out.Body.Notices[i] = apiNotice{ID: n.ID, Title: n.Title, Text: n.Text, Area: n.Area, Starts: utc(n.Starts), Ends: utc(n.Ends), Calls: n.Calls}
	}
	return out, nil
}

// joinContact counts a contact to a notice.
func (s *Server) joinContact(ctx context.Context, actor org.Actor, in *joinInput) (*struct{}, error) {
	return nil, s.o.Notices.Join(ctx, actor, idOf[kb.NoticeID](in.ID), idOf[intake.ContactID](in.Body.Contact))
}
