package server

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"huying/internal/errs"
	"huying/internal/org"
	"huying/kb"
)

// writePage is what write.html draws: the form of an entry.
type writePage struct {
	shell
	Form    entryForm
	Areas   []areaOption
	Faults  []string
	Clash   *clashView // somebody else was first
	Topics  []topicView
	All     int
	Topic   string
	Limits  map[string]int
	Answers bool       // the entry answers now: what is written becomes a copy in work
	Entry   kb.EntryID // empty: it is not stored yet
	Files   []kb.File
	Attach  bool   // there may be one more
	Said    string // what was done to the files
}

// clashView tells the second of two editors what the first changed.
type clashView struct {
	By      string
	Changes []kb.Difference
	Both    string // the fields that both changed; empty: none
	URL     string
}

// entryForm is the form as it was filled in.
type entryForm struct {
	Action, Version                                                    string
	Code, Question, Answer, Short, Phrasings, Negatives, Unit, Area    string
	Audience, TopicName, Family, Basis, Clauses, ValidFrom, ValidUntil string
	FixedCode                                                          bool // the code cannot be changed any more
}

func newEntryForm(e kb.Entry) entryForm {
	f := entryForm{
		Action: "/knowledge", Version: strconv.Itoa(e.Version), Code: e.Code, Question: e.Question, Answer: e.Answer, Short: e.Short,
		Phrasings: strings.Join(e.Phrasings, "\n"), Negatives: strings.Join(e.Negatives, "\n"), Unit: e.Unit, Area: string(e.Area),
		Audience: e.Audience, TopicName: e.Topic, Family: e.Family, Basis: e.Basis, Clauses: kb.WriteClauses(e.Clauses),
		ValidFrom: kb.WriteTime(e.ValidFrom, false), ValidUntil: kb.WriteTime(e.ValidUntil, true),
	}
	if e.ID != "" {
		f.Action = entryURL(e.ID) + "/edit"
		f.FixedCode = e.Replaces != "" || e.State != kb.EntryDraft
	}
	return f
}

// readEntryForm takes the form from a request.
func readEntryForm(c *fiber.Ctx) entryForm {
	v := c.FormValue
	return entryForm{
		Action: c.Path(), Version: v("version"), Code: v("code"), Question: v("question"), Answer: v("answer"), Short: v("short"),
		Phrasings: v("phrasings"), Negatives: v("negatives"), Unit: v("unit"), Area: v("area"), Audience: v("audience"),
		TopicName: v("topic"), Family: v("family"), Basis: v("basis"), Clauses: v("clauses"), ValidFrom: v("valid_from"), ValidUntil: v("valid_until"),
		FixedCode: v("fixed") != "",
	}
}

// entry makes an entry of the form; the faults are of what cannot be read.
func (f entryForm) entry(entry string) (kb.Entry, error) {
	e := kb.Entry{
		ID: kb.EntryID(entry), Code: f.Code, Question: f.Question, Answer: f.Answer, Short: f.Short,
		Phrasings: []string{f.Phrasings}, Negatives: []string{f.Negatives}, Unit: f.Unit, Area: org.AreaCode(f.Area),
		Audience: f.Audience, Topic: f.TopicName, Family: f.Family, Basis: f.Basis,
	}
	var faults errs.List
	var err error
	if e.Version, err = strconv.Atoi(cmp.Or(f.Version, "0")); err != nil {
		return e, errs.New(errs.Invalid, "request.malformed")
	}
	e.Clauses, err = kb.ReadClauses(f.Clauses)
	if fault, ok := errors.AsType[*errs.Error](err); ok {
		faults = append(faults, fault)
	}
	var ok bool
	if e.ValidFrom, ok = kb.ReadTime(f.ValidFrom, false); !ok {
		faults = append(faults, errs.New(errs.Invalid, "field.invalid", "生效日期", f.ValidFrom).In("valid_from"))
	}
	if e.ValidUntil, ok = kb.ReadTime(f.ValidUntil, true); !ok {
		faults = append(faults, errs.New(errs.Invalid, "field.invalid", "失效日期", f.ValidUntil).In("valid_until"))
	}
	return e, faults.OrNil()
}

// showWrite gives the form: empty, of an entry, or (from) of a variant of one
// for another area.
func (s *Server) showWrite(c *fiber.Ctx, v visit) error {
	if err := org.Can(v.actor, org.ActEditKnowledge); err != nil {
		return err
	}
	e := kb.Entry{State: kb.EntryDraft}
	from := cmp.Or(c.Params("entry"), c.Query("from"))
	if from != "" {
		f, _, err := s.o.Editing.Folder(c.UserContext(), v.actor, kb.EntryID(from))
		if err != nil {
			return err
		}
		if f.Copy != "" && c.Params("entry") != "" {
			return c.Redirect(entryURL(f.Copy)+"/edit", fiber.StatusSeeOther)
		}
		e = f.Entry
	}
	if c.Params("entry") == "" && from != "" {
		e = variantOf(e)
	}
	p, err := s.newWritePage(c, v, newEntryForm(e), e)
	if err != nil {
		return err
	}
	return s.page(c, "write", p)
}

// variantOf is what an entry begins with that answers the same for another
// area.
func variantOf(e kb.Entry) kb.Entry {
	return kb.Entry{
		State: kb.EntryDraft, Question: e.Question, Answer: e.Answer, Short: e.Short, Phrasings: e.Phrasings, Negatives: e.Negatives,
		Audience: e.Audience, Topic: e.Topic, Family: e.FamilyKey(), Basis: e.Basis, Clauses: e.Clauses,
	}
}

func (s *Server) newWritePage(c *fiber.Ctx, v visit, f entryForm, e kb.Entry) (writePage, error) {
	ctx := c.UserContext()
	title := "新条目"
	if e.ID != "" {
		title = "修改条目"
	}
	p := writePage{
		shell: s.shell(v, "knowledge", title), Form: f, Topic: f.TopicName,
		Limits:  map[string]int{"question": kb.MaxQuestionRunes, "answer": kb.MaxAnswerRunes, "short": kb.MaxShortRunes, "phrasings": kb.MaxPhrasings, "negatives": kb.MaxNegatives},
		Answers: e.State == kb.EntryPublished || e.State == kb.EntryToVerify,
		Entry:   e.ID, Files: e.Files, Attach: e.ID != "" && len(e.Files) < kb.MaxFiles, Said: fileSaid[c.Query("said")],
	}
	var err error
	if p.Areas, err = s.areas(ctx, f.Area); err != nil {
		return p, err
	}
	if f.Area != "" && !slices.ContainsFunc(p.Areas, func(a areaOption) bool { return a.Chosen }) {
		dir, err := s.o.Places.Directory(ctx)
		if err != nil {
			return p, err
		}
		label := f.Area
		if a, ok := dir.Area(org.AreaCode(f.Area)); ok {
			label = a.Name
		}
		p.Areas = append(p.Areas, areaOption{f.Area, label, true})
	}
	p.Topics, p.All, err = s.topics(ctx, v, "")
	return p, err
}

// writeEntry stores what an editor wrote, or shows the form again with what is
// in the way; the text stays in it whatever happened.
func (s *Server) writeEntry(c *fiber.Ctx, v visit) error {
	form := readEntryForm(c)
	e, err := form.entry(c.Params("entry"))
	if err == nil {
		var stored kb.Entry
		if stored, err = s.o.Editing.Write(c.UserContext(), v.actor, e); err == nil {
			said := "written"
			if stored.ID == e.ID && stored.Version == e.Version {
				said = "same"
			}
			return c.Redirect(entryURL(stored.ID)+"?said="+said, fiber.StatusSeeOther)
		}
	}
	return s.writeAgain(c, v, form, e, err)
}

// writeAgain shows the form with what the editor typed and why it is not
// stored.
func (s *Server) writeAgain(c *fiber.Ctx, v visit, form entryForm, e kb.Entry, lost error) error {
	status := map[errs.Kind]int{
		errs.Invalid: fiber.StatusUnprocessableEntity, errs.Conflict: fiber.StatusConflict, errs.Unavailable: fiber.StatusServiceUnavailable,
	}[errs.KindOf(lost)]
	if status == 0 {
		return lost
	}
	var view *clashView
	if clash, ok := kb.AsClash(lost); ok {
		dir, err := s.o.Places.Directory(c.UserContext())
		if err != nil {
			return err
		}
		form, view = settle(clash, e, dir)
	}
	p, err := s.newWritePage(c, v, form, e)
	if err != nil {
		return lost // the database is away: its own page says so
	}
	p.Clash = view
	if view == nil {
		p.Faults = sentences(lost)
	}
	return s.render(c, status, "write", "layout", p)
}

// settle makes the form for the second of two editors: their text on top of
// the other's, to be stored after it.
func settle(clash *kb.Clash, mine kb.Entry, dir *org.Directory) (entryForm, *clashView) {
	base, now := clash.Base, clash.Now
	mine.Files = base.Files // the form does not hold them
	if now.Replaces != "" {
		base.Code, mine.Code = "", "" // a copy in work has none, which is no change
	}
	joined, both := kb.Combine(base, now, mine.Tidy())
	joined.ID, joined.Version, joined.State, joined.Replaces = now.ID, now.Version, now.State, now.Replaces
	var names []string
	for _, f := range both {
		names = append(names, f.Label)
	}
	return newEntryForm(joined), &clashView{
		By: cmp.Or(clash.By, "另一位采编员"), Changes: withAreaNames(kb.Compare(base, now), dir), Both: strings.Join(names, "、"), URL: entryURL(now.ID),
	}
}
