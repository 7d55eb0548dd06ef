package server

import (
	"context"
	"fmt"
	"slices"

	"github.com/gofiber/fiber/v2"

	"huying/classifier"
	"huying/internal/org"
)

// Models are the trained models behind the suggestions.
type Models interface {
	// List gives the latest models and those that one can go back to, newest
	// first; errs.Forbidden for whoever may not edit the catalogue, like the
	// others here.
	List(ctx context.Context, actor org.Actor) ([]classifier.ModelLine, error)
	// Use goes back to a model and pauses training.
	Use(ctx context.Context, actor org.Actor, model classifier.ModelID) error
	// Resume lets training go on.
	Resume(ctx context.Context, actor org.Actor) error
}

// modelsPage is what models.html draws.
type modelsPage struct {
	shell
	Said     string // what was just done: used, resumed or empty
	Sentence string
	Paused   string // why no model is trained; empty: training goes on
	Listed   int
	Retry    int // after how many decisions one is trained again when one was refused
	Rows     []modelRow
}

// modelRow is one model.
type modelRow struct {
	classifier.ModelLine
	State   classifier.State
	Worse   string // in what it was worse; empty: in nothing
	Rates   []modelRate
	CanUse  bool
	Against bool // its rates stand beside those of the model that served
}

// modelRate is one share on held-out decisions.
type modelRate struct {
	Name, Now, Before string
}

// showModels lists the models.
func (s *Server) showModels(c *fiber.Ctx, v visit) error {
	lines, err := s.o.Models.List(c.UserContext(), v.actor)
	if err != nil {
		return err
	}
	p := modelsPage{shell: s.shell(v, "accuracy", "推荐模型"), Said: c.Query("said"), Listed: classifier.ModelsListed, Retry: classifier.RetryAfter}
	at := slices.IndexFunc(lines, func(l classifier.ModelLine) bool { return l.Active })
	if at < 0 {
		p.Sentence = "还没有推荐模型。导入事项清单时会训练第一个。"
		return s.page(c, "models", p)
	}
	active := lines[at]
	p.Sentence = fmt.Sprintf("现用的模型训练于%s，见过 %d 件决定。", s.moment(active.MadeAt), active.Decisions)
	if !active.PinnedAt.IsZero() {
		by := active.PinnedBy
		if by == "" {
			by = "管理员用命令行"
		}
		p.Paused = fmt.Sprintf("%s于%s换回了这个模型，自动训练已暂停；新的决定仍作为相近的例子影响推荐。", by, s.moment(active.PinnedAt))
	}
	for _, l := range lines {
		p.Rows = append(p.Rows, newModelRow(l, active))
	}
	return s.page(c, "models", p)
}

func newModelRow(l, active classifier.ModelLine) modelRow {
	r := modelRow{ModelLine: l, State: l.State(), CanUse: l.CanServe(active), Against: l.Figures.Before != nil}
	switch l.Refused {
	case classifier.RefusedLeaf:
		r.Worse = "首选事项"
	case classifier.RefusedLead:
		r.Worse = "主办单位"
	}
	if l.Figures.Decisions == 0 {
		return r
	}
	f, b := l.Figures, l.Figures.Before
	r.Rates = []modelRate{
		{Name: "首选即所定事项", Now: percent(f.Leaf1)},
		{Name: "前三个候选中有", Now: percent(f.Leaf3)},
		{Name: "主办单位一致", Now: percent(f.Lead1)},
	}
	if b != nil {
		for i, v := range []float64{b.Leaf1, b.Leaf3, b.Lead1} {
			r.Rates[i].Before = percent(v)
		}
	}
	return r
}

// useModel goes back to a model.
func (s *Server) useModel(c *fiber.Ctx, v visit) error {
	if err := s.o.Models.Use(c.UserContext(), v.actor, classifier.ModelID(c.Params("model"))); err != nil {
		return err
	}
	return c.Redirect("/models?said=used", fiber.StatusSeeOther)
}

// resumeTraining lets training go on.
func (s *Server) resumeTraining(c *fiber.Ctx, v visit) error {
	if err := s.o.Models.Resume(c.UserContext(), v.actor); err != nil {
		return err
	}
	return c.Redirect("/models?said=resumed", fiber.StatusSeeOther)
}
