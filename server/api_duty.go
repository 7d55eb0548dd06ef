package server

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"huying/casework"
	"huying/classifier"
	"huying/internal/errs"
	"huying/internal/org"
)

// apiMeeting is an invitation to settle whose duty a case is.
type apiMeeting struct {
	Units []org.UnitID `json:"units" nullable:"false" doc:"争议各方以外邀请的单位"`
	At    time.Time    `json:"at" doc:"何时"`
	Where string       `json:"where" doc:"在哪里，或以什么方式"`
}

// apiMeetingForm is what a client sends of one.
type apiMeetingForm struct {
	Units []apiID   `json:"units,omitempty" nullable:"false" maxItems:"10" doc:"争议各方以外邀请的单位；各方不用写，一样会通知"`
	At    time.Time `json:"at" doc:"何时"`
	Where string    `json:"where" minLength:"1" maxLength:"100" doc:"在哪里，或以什么方式"`
}

// apiMinutes are the record of a meeting.
type apiMinutes struct {
	At      time.Time     `json:"at" doc:"何时开的"`
	Present []apiPresence `json:"present" nullable:"false" doc:"谁到场、怎么说"`
	Clause  string        `json:"clause" doc:"依据的条款"`
	Lead    org.UnitID    `json:"lead" format:"uuid" doc:"商定由哪个单位主办"`
	Co      []org.UnitID  `json:"co" nullable:"false" doc:"协办单位"`
	From    *time.Time    `json:"from,omitempty" doc:"从何时起；没有这一项为马上"`
	Decided string        `json:"decided" doc:"由谁决定：单位或职务"`
}

type apiPresence struct {
	Unit org.UnitID `json:"unit" format:"uuid" doc:"哪个单位"`
	Who  string     `json:"who" doc:"到场的人的职务"`
	Said string     `json:"said,omitempty" doc:"怎么说"`
}

// apiMinutesForm is what a client sends of a record.
type apiMinutesForm struct {
	At      time.Time         `json:"at,omitempty" doc:"何时开的；不填为现在"`
	Present []apiPresenceForm `json:"present" nullable:"false" minItems:"1" maxItems:"10" doc:"谁到场、怎么说"`
	Clause  string            `json:"clause" minLength:"1" maxLength:"300" doc:"依据的条款"`
	Lead    apiID             `json:"lead" doc:"商定由哪个单位主办"`
	Co      []apiID           `json:"co,omitempty" nullable:"false" maxItems:"20" doc:"协办单位"`
	From    time.Time         `json:"from,omitempty" doc:"从何时起；不填为马上"`
	Decided string            `json:"decided" minLength:"1" maxLength:"60" doc:"由谁决定：单位或职务，不写姓名"`
}

type apiPresenceForm struct {
	Unit apiID  `json:"unit" doc:"哪个单位"`
	Who  string `json:"who" minLength:"1" maxLength:"60" doc:"到场的人的职务，不写姓名"`
	Said string `json:"said,omitempty" maxLength:"500" doc:"怎么说"`
}

// apiUnitShare is what one unit does of a case.
type apiUnitShare struct {
	Unit   org.UnitID           `json:"unit" format:"uuid" doc:"哪个单位"`
	Part   string               `json:"part" doc:"做什么"`
	Due    time.Time            `json:"due" doc:"何时前"`
	Answer casework.ShareAnswer `json:"answer,omitempty" enum:"agreed,refused" doc:"agreed 同意，refused 不同意；没有这一项为还没有答复"`
	By     org.AccountID        `json:"by,omitempty" format:"uuid" doc:"谁答复的"`
	At     *time.Time           `json:"at,omitempty" doc:"何时答复的"`
	Why    string               `json:"why,omitempty" doc:"不同意的理由"`
	Given  *time.Time           `json:"given_at,omitempty" doc:"已商定的：何时交了，协办单位给了意见或说了任务的结果，主办单位作了答复；没有这一项为还没有"`
}

// apiSharePart is what a client proposes that one unit does.
type apiSharePart struct {
	Unit apiID     `json:"unit" doc:"主办或协办单位"`
	Part string    `json:"part" minLength:"1" maxLength:"200" doc:"做什么"`
	Due  time.Time `json:"due" doc:"何时前"`
}

func newAPIShares(all []casework.Share) []apiUnitShare {
	var out []apiUnitShare
	for _, s := range all {
		out = append(out, apiUnitShare{s.Unit, s.Part, utc(s.Due), s.Answer, s.By, whenKnown(s.At), s.Why, whenKnown(s.Given)})
	}
	return out
}

// with adds what an event says in parts.
func (e apiCaseEvent) with(f *casework.Facts) apiCaseEvent {
	if f == nil {
		return e
	}
	if m := f.Meeting; m != nil {
		e.Meeting = &apiMeeting{listed(m.Units), utc(m.At), m.Where}
	}
	if m := f.Minutes; m != nil {
		e.Minutes = &apiMinutes{At: utc(m.At), Present: []apiPresence{}, Clause: m.Clause, Lead: m.Lead, Co: listed(m.Co), From: whenKnown(m.From), Decided: m.Decided}
		for _, p := range m.Present {
			e.Minutes.Present = append(e.Minutes.Present, apiPresence(p))
		}
	}
	e.Shares = newAPIShares(f.Shares)
	return e
}

// takeDutyMove makes the moves on whose duty a case is.
func (s *Server) takeDutyMove(ctx context.Context, actor org.Actor, id casework.CaseID, b apiCaseMove) error {
	unit := idOf[org.UnitID](b.Unit)
	switch move := casework.Move(b.Move); move {
	case casework.Invite:
		if b.Meeting == nil {
			return errs.New(errs.Invalid, "field.required", "会商").In("meeting")
		}
		return s.o.Disputes.Invite(ctx, actor, id, b.Seen, casework.Meeting{Units: idsOf[org.UnitID](b.Meeting.Units), At: b.Meeting.At, Where: b.Meeting.Where, What: b.Text})
	case casework.Record:
		if b.Minutes == nil {
			return errs.New(errs.Invalid, "field.required", "会商记录").In("minutes")
		}
		return s.o.Disputes.Record(ctx, actor, id, b.Seen, b.Minutes.minutes(), b.Text)
	case moveRule:
		return s.o.Disputes.Rule(ctx, actor, id, b.Seen, casework.Award{Unit: unit, Co: idsOf[org.UnitID](b.Co), Facts: b.Facts, Clause: b.Clause, Why: b.Text})
	case casework.Allot:
		var parts []casework.Share
		for _, p := range b.Shares {
			parts = append(parts, casework.Share{Unit: idOf[org.UnitID](p.Unit), Part: p.Part, Due: p.Due})
		}
		return s.o.Shares.Propose(ctx, actor, id, b.Seen, parts)
	case casework.AgreeShare, casework.RefuseShare:
		return s.o.Shares.Answer(ctx, actor, id, b.Seen, move == casework.AgreeShare, b.Text)
	case casework.Appoint:
		return s.o.Appointments.Appoint(ctx, actor, id, b.Seen, unit, b.Text)
	case casework.Unappoint:
		return s.o.Appointments.Release(ctx, actor, id, b.Seen, b.Text)
	}
	if s.o.HandOvers == nil {
		return errs.New(errs.Forbidden, "first.not_yours")
	}
	return s.o.HandOvers.PassFirst(ctx, actor, id, b.Seen, b.Login)
}

func (m apiMinutesForm) minutes() casework.Minutes {
	out := casework.Minutes{At: m.At, Clause: m.Clause, Lead: idOf[org.UnitID](m.Lead), Co: idsOf[org.UnitID](m.Co), From: m.From, Decided: m.Decided}
	for _, p := range m.Present {
		out.Present = append(out.Present, casework.Presence{Unit: idOf[org.UnitID](p.Unit), Who: p.Who, Said: p.Said})
	}
	return out
}

// apiPrecedent is how a dispute over duty was ruled.
type apiPrecedent struct {
	ID       classifier.PrecedentID `json:"id" format:"uuid" doc:"判例的标识"`
	Decision classifier.DecisionID  `json:"decision" format:"uuid" doc:"裁定的决定"`
	Case     string                 `json:"case,omitempty" doc:"工单编号；承办单位的令牌没有这一项"`
	Category classifier.CategoryID  `json:"category" format:"uuid" doc:"事项"`
	Facts    string                 `json:"facts" doc:"案情"`
	Between  []org.UnitID           `json:"between" nullable:"false" doc:"争议的单位"`
	Unit     org.UnitID             `json:"unit" format:"uuid" doc:"裁定由哪个单位办理"`
	Kept     bool                   `json:"kept" doc:"维持原派；否则为改派"`
	Clause   string                 `json:"clause,omitempty" doc:"依据的条款"`
	Reason   string                 `json:"reason" doc:"理由"`
	By       org.AccountID          `json:"by" format:"uuid" doc:"谁裁定的"`
	At       time.Time              `json:"at" doc:"何时"`
	Repealed *apiRepeal             `json:"repealed,omitempty" doc:"已废止；没有这一项为有效"`
}

type apiRepeal struct {
	By  org.AccountID `json:"by" format:"uuid" doc:"谁废止的"`
	At  time.Time     `json:"at" doc:"何时"`
	Why string        `json:"why" doc:"为什么"`
}

type precedentsInput struct {
	Q        string `query:"q" maxLength:"60" doc:"案情、条款和理由里的词；几个词用空格隔开，要都有"`
	Category apiID  `query:"category" doc:"事项，含其下级，也含旧版清单中对应的"`
	Unit     apiID  `query:"unit" doc:"争议的或裁定的单位"`
	Like     apiID  `query:"case" doc:"与这件工单同一事项，或同样两个单位之间的，只要有效的，至多 5 个；填了这一项，其余不用"`
	Before   apiID  `query:"before" doc:"只要更早的：上一页的 next"`
	Limit    int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"至多几个"`
}

type precedentsOutput struct {
	Body struct {
		Precedents []apiPrecedent         `json:"precedents" nullable:"false" doc:"晚的在前"`
		Next       classifier.PrecedentID `json:"next,omitempty" format:"uuid" doc:"取下一页时的 before；没有这一项为到头了"`
	} `nameHint:"Precedents"`
}

type repealInput struct {
	ID   apiID `path:"id" doc:"判例的标识"`
	Body struct {
		Why string `json:"why" minLength:"1" maxLength:"500" doc:"为什么"`
	} `nameHint:"RepealPrecedent"`
}

func (s *Server) dutyOperations(a huma.API) {
	handle(a, huma.Operation{
		OperationID: "list-precedents", Method: http.MethodGet, Path: "/precedents", Tags: []string{tagCases}, Errors: []int{http.StatusNotFound},
		Summary: "列出、查找职责争议的判例", Description: "裁定职责争议的决定记为判例，随同一事项或同样单位之间的新退单显示。反映本人或本单位的不列出。",
	}, s.listPrecedents)
	handle(a, huma.Operation{
		OperationID: "repeal-precedent", Method: http.MethodPost, Path: "/precedents/{id}/repeal", Tags: []string{tagCases},
		Errors: []int{http.StatusConflict, http.StatusNotFound}, DefaultStatus: http.StatusNoContent,
		Summary: "废止判例", Description: "判例留着备查，不再随新的退单显示。只有管理员的令牌可以。",
	}, s.takeRepeal)
}

func (s *Server) listPrecedents(ctx context.Context, actor org.Actor, in *precedentsInput) (*precedentsOutput, error) {
	var all []classifier.Precedent
	var err error
	if in.Like != "" {
		d, _, failed := s.o.Cases.Get(ctx, actor, idOf[casework.CaseID](in.Like))
		if failed != nil {
			return nil, failed
		}
		all, err = s.o.Precedents.Like(ctx, actor, d.Category, append([]org.UnitID{d.Unit}, d.ReturnedBy...))
	} else {
		all, err = s.o.Precedents.List(ctx, actor, classifier.PrecedentFilter{
			Words: in.Q, Category: idOf[classifier.CategoryID](in.Category), Unit: idOf[org.UnitID](in.Unit), Before: idOf[classifier.PrecedentID](in.Before), Limit: in.Limit,
		})
	}
	if err != nil {
		return nil, err
	}
	out := &precedentsOutput{}
	out.Body.Precedents = make([]apiPrecedent, len(all))
	for i, p := range all {
		out.Body.Precedents[i] = newAPIPrecedent(p)
	}
	if in.Like == "" && len(all) == in.Limit {
		out.Body.Next = all[len(all)-1].ID
	}
	return out, nil
}

func newAPIPrecedent(p classifier.Precedent) apiPrecedent {
	out := apiPrecedent{
		ID: p.ID, Decision: p.Decision, Case: p.Case, Category: p.Category, Facts: p.Facts, Between: listed(p.Between), Unit: p.Unit, Kept: p.Kept,
		Clause: p.Clause, Reason: p.Reason, By: p.By, At: utc(p.At),
	}
	if p.Repealed() {
		out.Repealed = &apiRepeal{p.Repeal.By, utc(p.Repeal.At), p.Repeal.Why}
	}
	return out
}

func (s *Server) takeRepeal(ctx context.Context, actor org.Actor, in *repealInput) (*struct{}, error) {
	return nil, s.o.Precedents.Repeal(ctx, actor, idOf[classifier.PrecedentID](in.ID), in.Body.Why)
}
