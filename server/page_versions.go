package server

import (
	"bytes"
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"huying/classifier"
	"huying/internal/errs"
	"huying/internal/org"
)

// Versions are the states of the catalogue, for those who look after it.
type Versions interface {
	// Versions gives all of them, the latest first, and the one that serves.
	Versions(ctx context.Context, actor org.Actor) ([]classifier.Version, classifier.VersionID, error)
	// Requests gives the latest request of every version that has one.
	Requests(ctx context.Context, actor org.Actor) ([]classifier.UseRequest, error)
	// Version gives one whole, by id.
	Version(ctx context.Context, actor org.Actor, version string) (*classifier.Catalogue, error)
	// CompareVersion says what would change if it served.
	CompareVersion(ctx context.Context, actor org.Actor, version classifier.VersionID) (classifier.Difference, error)
	// RequestUse asks that it shall serve; a job does it.
	RequestUse(ctx context.Context, actor org.Actor, version classifier.VersionID) error
}

// versionsPage is what versions.html draws: the list, or one difference.
type versionsPage struct {
	shell
	Versions []versionView
	Asked    bool // one was just asked for
	Forms    []string
	Diff     *differenceView // nil: the list
}

// versionView is one line of the list.
type versionView struct {
	classifier.Version
	URL    string
	Author string
	State  string
	Active bool
	Busy   bool
	Failed bool
}

// differenceView is one version against the one that serves.
type differenceView struct {
	classifier.Difference
	Kinds  []kindView
	Same   bool // it is the one that serves
	CanUse bool
	Reused bool // codes that probably mean something else
	Use    string
}

// kindView is the changes of a kind.
type kindView struct {
	Label   string
	Changes []classifier.Change
	Open    bool // few enough to be read without opening
}

// openUpTo is how many changes of a kind are shown at once.
const openUpTo = 12

// exportForms are the endings of exported files.
var exportForms = [...]string{"xlsx", "csv", "jsonl"}

// showVersions lists the versions.
func (s *Server) showVersions(c *fiber.Ctx, v visit) error {
	ctx := c.UserContext()
	all, active, err := s.o.Versions.Versions(ctx, v.actor)
	if err != nil {
		return err
	}
	asked, err := s.o.Versions.Requests(ctx, v.actor)
	if err != nil {
		return err
	}
	p := versionsPage{shell: s.shell(v, "catalogue", "事项清单的版本"), Asked: c.Query("said") == "asked", Forms: exportForms[:]}
	for _, version := range all {
		view := versionView{
			Version: version, URL: versionURL(version.ID), Author: version.Author, Active: version.ID == active, State: "曾用",
		}
		if view.Author == "" {
			view.Author = "命令行"
		}
		if view.Active {
			view.State = "使用中"
		}
		for _, r := range asked {
			if r.Version == version.ID {
				view.told(r, s.o.Now())
			}
		}
		p.Versions = append(p.Versions, view)
	}
	return s.page(c, "versions", p)
}

// told puts what became of a request into the version's state.
func (v *versionView) told(r classifier.UseRequest, now time.Time) {
	switch {
	case v.Active:
	case r.Ended && r.Failed:
		v.Failed, v.State = true, "没有换成"
	case !r.Ended && r.Due.After(now):
		v.State = "待生效"
	case !r.Ended:
		v.Busy, v.State = true, "正在启用"
	}
}

func versionURL(version classifier.VersionID) string { return "/catalogue/versions/" + string(version) }

// showDifference shows what would change if a version served.
func (s *Server) showDifference(c *fiber.Ctx, v visit) error {
	d, err := s.o.Versions.CompareVersion(c.UserContext(), v.actor, classifier.VersionID(c.Params("version")))
	if err != nil {
		return err
	}
	view := &differenceView{
		Difference: d, Same: d.From.ID == d.To.ID, CanUse: v.may(org.ActEditCatalogue),
		Reused: len(d.Of(classifier.Reused)) > 0, Use: versionURL(d.To.ID) + "/use",
	}
	for _, kind := range classifier.ChangeKinds() {
		if changes := d.Of(kind); len(changes) > 0 {
			view.Kinds = append(view.Kinds, kindView{Label: kind.Label(), Changes: changes, Open: len(changes) <= openUpTo})
		}
	}
	return s.page(c, "versions", versionsPage{shell: s.shell(v, "catalogue", "版本差异"), Diff: view})
}

// exportVersion gives a version as a file that can be imported again.
func (s *Server) exportVersion(c *fiber.Ctx, v visit) error {
	form := c.Query("form", exportForms[0])
	list, err := s.o.Versions.Version(c.UserContext(), v.actor, c.Params("version"))
	if err != nil {
		return err
	}
	name := strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>|`, r) {
			return '-'
		}
		return r
	}, list.Version.Name) + "." + form
	var file bytes.Buffer
	if err := classifier.Export(&file, name, list); err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, fiber.MIMEOctetStream)
	c.Set(fiber.HeaderContentDisposition, "attachment; filename*=UTF-8''"+url.PathEscape(name))
	return c.Send(file.Bytes())
}

// useVersion asks that a version shall serve.
func (s *Server) useVersion(c *fiber.Ctx, v visit) error {
	err := s.o.Versions.RequestUse(c.UserContext(), v.actor, classifier.VersionID(c.Params("version")))
	if err != nil && errs.CodeOf(err) != "catalogue.requested" { // asked for twice is asked for
		return err
	}
	return c.Redirect("/catalogue/versions?said=asked", fiber.StatusSeeOther)
}
