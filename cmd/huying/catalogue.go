package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"huying/classifier"
	"huying/internal/errs"
	"huying/internal/org"
	"huying/internal/sheet"
)

// catalogueCmd looks after the versions of the catalogue.
type catalogueCmd struct {
	Versions catalogueVersionsCmd `cmd:"" help:"列出事项清单的全部版本"`
	Use      catalogueUseCmd      `cmd:"" help:"换回一个已有的版本，并为它重新训练推荐模型"`
	Cancel   catalogueCancelCmd   `cmd:"" help:"取消一个待生效的版本；它仍然保存着"`
	Due      catalogueDueCmd      `cmd:"" help:"启用已到时间的版本；serve 会自动进行，一般不用手动运行"`
	Replay   catalogueReplayCmd   `cmd:"" help:"试跑网页上等着试跑的清单；serve 会自动进行，一般不用手动运行"`
	Export   catalogueExportCmd   `cmd:"" help:"导出一个版本（.xlsx、.csv 或 .jsonl），可原样再导入"`
}

type catalogueVersionsCmd struct{}

// Run lists the versions, the latest first.
func (c *catalogueVersionsCmd) Run(ctx context.Context, a *app) error {
	s, err := a.openSite(ctx, asGuest)
	if err != nil {
		return err
	}
	defer s.Close()
	all, err := s.trainer.Versions(ctx, operator())
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return errs.New(errs.Unavailable, "catalogue.none")
	}
	for _, v := range all {
		fmt.Fprintf(a.Out, "%s%s 起  %s%s%s\n", pad(v.State(a.now()).Label(), 10), v.ValidFrom.In(chinaTime()).Format("2006-01-02 15:04"),
			pad(fmt.Sprintf("%d 项", v.Leaves), 10), pad(v.Name, 32), v.ID)
	}
	return nil
}

// openVersion opens the site and finds a version by name or number; empty: the
// one that serves.
func (a *app) openVersion(ctx context.Context, name string) (*site, *classifier.Catalogue, error) {
	s, err := a.openSite(ctx, asGuest)
	if err != nil {
		return nil, nil, err
	}
	v, err := s.trainer.Version(ctx, operator(), name)
	if err != nil {
		s.Close()
		return nil, nil, err
	}
	return s, v, nil
}

type catalogueUseCmd struct {
	Version string `arg:"" name:"版本" help:"版本的名称或版本号，见 huying catalogue versions"`
}

// Help says what becomes of decisions.
func (c *catalogueUseCmd) Help() string {
	return "在这个版本下作出的决定仍归原来的事项；之后作出的决定，能对应到唯一事项的跟着走，其余的等人决定。"
}

// Run makes an older version serve again.
func (c *catalogueUseCmd) Run(ctx context.Context, a *app) error {
	s, v, err := a.openVersion(ctx, c.Version)
	if err != nil {
		return err
	}
	defer s.Close()
	d, err := s.trainer.CompareVersion(ctx, operator(), v.Version.ID)
	if err != nil {
		return err
	}
	if d.From.ID == d.To.ID {
		fmt.Fprintf(a.Out, "“%s”已在使用，没有改动。\n", v.Version.Name)
		return nil
	}
	writeDifference(a.Out, d, linesShown)
	if err := s.trainer.Use(ctx, operator(), v.Version.ID, a.counter("准备事项清单")); err != nil {
		return err
	}
	fmt.Fprintf(a.Out, "已换回事项清单“%s”。\n", v.Version.Name)
	return nil
}

type catalogueCancelCmd struct {
	Version string `arg:"" name:"版本" help:"版本的名称或版本号，见 huying catalogue versions"`
}

// Run takes back that a version shall serve.
func (c *catalogueCancelCmd) Run(ctx context.Context, a *app) error {
	s, v, err := a.openVersion(ctx, c.Version)
	if err != nil {
		return err
	}
	defer s.Close()
	if err := s.trainer.CancelUse(ctx, operator(), v.Version.ID); err != nil {
		return err
	}
	fmt.Fprintf(a.Out, "已取消，“%s”不会自动启用。\n", v.Version.Name)
	return nil
}

type catalogueDueCmd struct{}

// Run makes the version serve whose time has come, if there is one.
func (c *catalogueDueCmd) Run(ctx context.Context, a *app) error {
	s, err := a.openSite(ctx, asGuest)
	if err != nil {
		return err
	}
	defer s.Close()
	return s.trainer.UseDue(ctx)
}

type catalogueReplayCmd struct{}

// Run replays the draft that has waited longest for it, if there is one.
func (c *catalogueReplayCmd) Run(ctx context.Context, a *app) error {
	s, err := a.openSite(ctx, asGuest)
	if err != nil {
		return err
	}
	defer s.Close()
	return s.replays.RunNext(ctx)
}

type catalogueExportCmd struct {
	File    string `arg:"" name:"文件" help:"写到哪个文件，扩展名决定类型；已有的文件会被替换"`
	Version string `name:"version" placeholder:"版本" help:"版本的名称或版本号；不设时为现行版本"`
}

// Run writes a version to a file that imports again to the same content.
func (c *catalogueExportCmd) Run(ctx context.Context, a *app) error {
	s, v, err := a.openVersion(ctx, c.Version)
	if err != nil {
		return err
	}
	defer s.Close()
	err = toFile(c.File, func(w io.Writer) error { return classifier.Export(w, c.File, classifier.Mark(operator(), a.now()), v) })
	if err != nil {
		return err
	}
	fmt.Fprintf(a.Out, "已把“%s”的 %d 个末级事项写入 %s。\n", v.Version.Name, len(v.Leaves()), c.File)
	return nil
}

// toFile writes a file whole or not at all.
func toFile(path string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".huying-*")
	if err != nil {
		return errs.Wrap(err, errs.Invalid, "catalogue.file", path)
	}
	defer os.Remove(f.Name())
	defer f.Close()
	if err := write(f); err != nil {
		return err
	}
	if err = f.Chmod(0o644); err == nil {
		err = f.Close()
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errs.Wrap(err, errs.Invalid, "catalogue.file", path)
	}
	return nil
}

// linesShown is how many lines of each kind of difference are printed when
// something follows that should stay in sight.
const linesShown = 5

// writeDifference prints what changes, up to most lines a kind.
func writeDifference(w io.Writer, d classifier.Difference, most int) {
	fmt.Fprintf(w, "与现行版本“%s”对照：\n", d.From.Name)
	if len(d.Changes) == 0 {
		fmt.Fprintln(w, "  没有差异。")
	}
	for _, kind := range classifier.ChangeKinds() {
		changes := d.Of(kind)
		if len(changes) == 0 {
			continue
		}
		fmt.Fprintf(w, "%s %d 项\n", kind.Label(), len(changes))
		for _, c := range changes[:min(most, len(changes))] {
			fmt.Fprintln(w, "  "+changeLine(c))
		}
		if left := len(changes) - most; left > 0 {
			fmt.Fprintf(w, "  另有 %d 项，加 --dry-run 可全部列出\n", left)
		}
	}
	if d.Return > 0 {
		fmt.Fprintf(w, "在这个版本下作出的 %d 件决定，回到当时所定的事项。\n", d.Return)
	}
	fmt.Fprintf(w, "已确认的决定：%d 件跟随到新版本；%d 件对应多个事项，等人决定；%d 件的事项已取消或编码改作他用，留在原来的版本。\n",
		d.Follow, d.Undecided, d.Left)
	if len(d.Of(classifier.Reused)) > 0 {
		fmt.Fprintln(w, "编码很可能改作了另一件事的，若其实是同一件事，请在编码对照表中写一行（原编码、新编码相同）。")
	}
}

func changeLine(c classifier.Change) string {
	s := c.Code + " " + c.Before
	switch {
	case c.Before == "":
		s = c.Code + " " + c.After
	case c.After != "" && c.After != c.Before:
		s += " → " + c.After
	}
	if c.Decisions > 0 {
		s += fmt.Sprintf("（已确认 %d 件）", c.Decisions)
	}
	return s
}

// replay tries a draft on what people decided, and writes every decision that
// would go elsewhere to a file.
func (a *app) replay(ctx context.Context, s *site, d classifier.Draft, most int, path string) error {
	form := strings.ToLower(filepath.Ext(path))
	if form != ".csv" && form != ".xlsx" {
		return errs.New(errs.Invalid, "catalogue.replay_form", form)
	}
	r, err := s.trainer.Replay(ctx, operator(), d, most, a.counter("试跑"))
	if err != nil {
		return err
	}
	units, err := s.DB.Directory(ctx)
	if err != nil {
		return err
	}
	rows := make([][]string, len(r.Routes))
	for i, route := range r.Routes {
		rows[i] = routeRow(route, units)
	}
	mark := sheet.Mark(operator().Name, a.now())
	err = toFile(path, func(w io.Writer) error {
		if form == ".csv" {
			return sheet.WriteMarkedCSV(w, mark, routeHeadings(), slices.Values(rows))
		}
		return sheet.WriteMarkedXLSX(w, "试跑", mark, routeHeadings(), slices.Values(rows))
	})
	if err != nil {
		return err
	}
	writeTotals(a.Out, r)
	fmt.Fprintf(a.Out, "会改派或要人决定的 %d 件已写入 %s。没有启用新版本；读过之后，去掉 --replay 再执行一次即启用。\n", len(rows), path)
	return nil
}

func writeTotals(w io.Writer, r classifier.Replay) {
	if r.Decisions == 0 {
		fmt.Fprintln(w, "还没有可试跑的已确认决定。")
		return
	}
	line := func(what string, n int) {
		fmt.Fprintf(w, "  %s%5d 件  %5.1f%%\n", pad(what, 34), n, 100*float64(n)/float64(r.Decisions))
	}
	fmt.Fprintf(w, "用最近 %d 件已确认的决定试跑（模型都没有见过所问的那一件）：\n", r.Decisions)
	line("首选事项会变", r.Leaf)
	line("主办单位会变", r.Lead)
	line("所定事项已拆分，等人决定", r.Split)
	line("所定事项已取消", r.Ended)
	line("首选与人的决定一致：现行版本", r.RightNow)
	line("首选与人的决定一致：新版本", r.RightThen)
}

func routeHeadings() []string {
	return []string{
		"诉求", "决定时间", "诉求摘要", "人定事项编码", "人定事项", "变化",
		"现行首选编码", "现行首选事项", "现行主办", "新版首选编码", "新版首选事项", "新版主办", "拆分后建议归入",
	}
}

func routeRow(r classifier.Rerouting, units *org.Directory) []string {
	var what []string
	for _, c := range []struct {
		yes  bool
		word string
	}{
		{r.LeafDiffer, "事项会变"}, {r.LeadDiffer(), "主办会变"}, {r.Split, "所定事项已拆分"}, {r.Ended, "所定事项已取消"},
	} {
		if c.yes {
			what = append(what, c.word)
		}
	}
	proposal := ""
	if r.Proposal != nil {
		proposal = r.Proposal.Code + " " + r.Proposal.Trail()
	}
	return []string{
		string(r.Matter), r.At.In(chinaTime()).Format("2006-01-02 15:04"), r.Gist, r.Decided.Code, r.Decided.Trail(), strings.Join(what, "、"),
		r.OldLeaf.Code, r.OldLeaf.Trail(), unitName(units, r.OldLead, r.Area),
		r.NewLeaf.Code, r.NewLeaf.Trail(), unitName(units, r.NewLead, r.Area), proposal,
	}
}

// unitName is the unit of a kind that serves an area, or the kind itself.
func unitName(units *org.Directory, kind org.UnitKind, area org.AreaCode) string {
	if u, ok := units.Resolve(kind, area); ok {
		return u.Name
	}
	return string(kind)
}
