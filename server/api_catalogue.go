package server

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
)

// apiLeaf is a category at the end of the catalogue's tree.
type apiLeaf struct {
	ID          classifier.CategoryID `json:"id" format:"uuid" doc:"事项编号，作决定时用它；换版本后会变"`
	Code        string                `json:"code" doc:"事项编码，可能重复"`
	Name        string                `json:"name" doc:"末级事项名称"`
	Trail       string                `json:"trail" doc:"从一级到末级的名称"`
	Scope       string                `json:"scope,omitempty" doc:"清单上写的受理范围"`
	Description string                `json:"description,omitempty" doc:"用白话说的范围"`
	Urgency     intake.Urgency        `json:"urgency,omitempty" doc:"A 紧急，B 较急，C 一般"`
	Ask         string                `json:"ask,omitempty" doc:"拿不准时该追问的话"`
	Basis       string                `json:"basis,omitempty" doc:"法律依据"`
	Limit       string                `json:"limit,omitempty" doc:"办理时限"`
	Closing     string                `json:"closing,omitempty" doc:"结案标准"`
	Rules       []apiRule             `json:"rules" nullable:"false" doc:"由谁主办，最常见的情形在前"`
	Neighbours  []apiNeighbour        `json:"neighbours" nullable:"false" doc:"易混淆的事项"`
}

// apiRule says who leads under a circumstance.
type apiRule struct {
	When string         `json:"when,omitempty" doc:"情形"`
	Lead org.UnitKind   `json:"lead" doc:"主办单位类别"`
	Co   []org.UnitKind `json:"co" nullable:"false" doc:"协办单位类别"`
}

func newAPILeaf(c *classifier.Category) apiLeaf {
	out := apiLeaf{
		ID: c.ID, Code: c.Code, Name: c.Name, Trail: c.Trail(), Scope: c.Scope, Description: c.Description,
		Urgency: c.Urgency, Ask: c.Ask, Basis: c.Basis, Limit: c.Limit, Closing: c.Closing,
		Rules: make([]apiRule, len(c.Rules)), Neighbours: make([]apiNeighbour, len(c.Neighbours)),
	}
	for i, r := range c.Rules {
		out.Rules[i] = apiRule{When: r.When, Lead: r.Lead, Co: listed(r.Co)}
	}
	for i, n := range c.Neighbours {
		out.Neighbours[i] = apiNeighbour(n)
	}
	return out
}

// apiVersion is one state of the catalogue.
type apiVersion struct {
	ID     classifier.VersionID `json:"id" format:"uuid" doc:"版本编号"`
	Name   string               `json:"name" doc:"版本名称"`
	Leaves int                  `json:"leaves" doc:"末级事项数"`
}

type leavesInput struct {
	After apiID `query:"after" doc:"上一页的 next"`
	Limit int   `query:"limit" minimum:"1" maximum:"1000" default:"200" doc:"至多几项"`
}

type leavesOutput struct {
	Body struct {
		Version apiVersion            `json:"version" doc:"现行版本"`
		Leaves  []apiLeaf             `json:"leaves" nullable:"false" doc:"末级事项，按清单次序"`
		Next    classifier.CategoryID `json:"next,omitempty" format:"uuid" doc:"取下一页时的 after；没有这一项为到头了"`
	} `nameHint:"Leaves"`
}

type searchInput struct {
	Q     string `query:"q" required:"true" minLength:"1" maxLength:"100" doc:"中文、拼音首字母或编码的开头"`
	Limit int    `query:"limit" minimum:"1" maximum:"100" default:"20" doc:"至多几项"`
}

type foundLeavesOutput struct {
	Body struct {
		Leaves []apiLeaf `json:"leaves" nullable:"false" doc:"最贴近的在前"`
	} `nameHint:"FoundLeaves"`
}

type unitsInput struct {
	Q     string `query:"q" maxLength:"100" doc:"中文、拼音或拼音首字母；不填为全部"`
	Limit int    `query:"limit" minimum:"1" maximum:"500" default:"100" doc:"至多几个"`
}

// apiUnit is one body that handles matters in one area.
type apiUnit struct {
	ID   org.UnitID   `json:"id" format:"uuid" doc:"单位编号，作决定时用它"`
	Name string       `json:"name" doc:"名称"`
	Kind org.UnitKind `json:"kind" doc:"类别"`
	Area org.AreaCode `json:"area" doc:"属地编码"`

	Parent org.UnitID `json:"parent,omitempty" format:"uuid" doc:"上级单位的编号；没有这一项为按区域确定"`
}

type unitsOutput struct {
	Body struct {
		Units []apiUnit `json:"units" nullable:"false" doc:"最贴近的在前"`
	} `nameHint:"Units"`
}

// apiArea is one node of the tree of areas.
type apiArea struct {
	Code   org.AreaCode  `json:"code" doc:"属地编码"`
	Name   string        `json:"name" doc:"名称"`
	Level  org.AreaLevel `json:"level" doc:"city 市、district 区、street 街道或镇、community 社区、grid 网格"`
	Parent org.AreaCode  `json:"parent,omitempty" doc:"上一级的编码"`
}

type areasOutput struct {
	Body struct {
		Areas []apiArea `json:"areas" nullable:"false" doc:"上一级总在下一级之前"`
	} `nameHint:"Areas"`
}

func (s *Server) catalogueOperations(a huma.API) {
	handle(a, huma.Operation{
		OperationID: "list-leaves", Method: http.MethodGet, Path: "/catalogue", Tags: []string{tagCatalogue},
		Errors:  []int{http.StatusNotFound},
		Summary: "列出现行事项清单的末级事项", Description: "按清单次序，用 after 取后面的。",
	}, s.listLeaves)
	handle(a, huma.Operation{
		OperationID: "search-leaves", Method: http.MethodGet, Path: "/catalogue/search", Tags: []string{tagCatalogue},
		Summary: "查找末级事项", Description: "用中文、拼音首字母或编码的开头。",
	}, s.searchLeaves)
	handle(a, huma.Operation{
		OperationID: "list-units", Method: http.MethodGet, Path: "/units", Tags: []string{tagCatalogue},
		Summary: "查找单位", Description: "用中文、拼音或拼音首字母。",
	}, s.listUnits)
	handle(a, huma.Operation{
		OperationID: "list-areas", Method: http.MethodGet, Path: "/areas", Tags: []string{tagCatalogue},
		Summary: "列出属地", Description: "市、区、街道、社区、网格。",
	}, s.listAreas)
	s.leafNoteOperations(a)
}

// listLeaves gives a page of the active version's leaves.
func (s *Server) listLeaves(ctx context.Context, actor org.Actor, in *leavesInput) (*leavesOutput, error) {
	list, err := s.catalogueFor(ctx, actor)
	if err != nil {
		return nil, err
	}
	leaves := list.Leaves()
	if in.After != "" {
		after := idOf[classifier.CategoryID](in.After)
		i := slices.IndexFunc(leaves, func(c *classifier.Category) bool { return c.ID == after })
		if i < 0 {
			return nil, errs.New(errs.NotFound, "category.not_found").In("after")
		}
		leaves = leaves[i+1:]
	}
	page := leaves[:min(len(leaves), in.Limit)]
	out := &leavesOutput{}
	out.Body.Version = apiVersion{ID: list.Version.ID, Name: list.Version.Name, Leaves: len(list.Leaves())}
	out.Body.Leaves = newAPILeaves(page)
	if len(page) < len(leaves) {
		out.Body.Next = page[len(page)-1].ID
	}
	return out, nil
}

func newAPILeaves(all []*classifier.Category) []apiLeaf {
	out := make([]apiLeaf, len(all))
	for i, c := range all {
		out[i] = newAPILeaf(c)
	}
	return out
}

// catalogueFor gives the active version to whoever may read it.
func (s *Server) catalogueFor(ctx context.Context, actor org.Actor) (*classifier.Catalogue, error) {
	if err := org.Can(actor, org.ActReadCatalogue); err != nil {
		return nil, err
	}
	return s.o.Catalogue.Active(ctx)
}

// searchLeaves gives the leaves that the words name.
func (s *Server) searchLeaves(ctx context.Context, actor org.Actor, in *searchInput) (*foundLeavesOutput, error) {
	list, err := s.catalogueFor(ctx, actor)
	if err != nil {
		return nil, err
	}
	found, err := s.o.Catalogue.Search(ctx, strings.TrimSpace(in.Q), in.Limit)
	if err != nil {
		return nil, err
	}
	var leaves []*classifier.Category
	for _, hit := range found {
		if c, ok := list.Category(hit); ok {
			leaves = append(leaves, c)
		}
	}
	out := &foundLeavesOutput{}
	out.Body.Leaves = newAPILeaves(leaves)
	return out, nil
}

// listUnits gives the units that the words name.
func (s *Server) listUnits(ctx context.Context, actor org.Actor, in *unitsInput) (*unitsOutput, error) {
	if err := org.Can(actor, org.ActReadCatalogue); err != nil {
		return nil, err
	}
	units, err := s.o.Places.SearchUnits(ctx, strings.TrimSpace(in.Q), in.Limit)
	if err != nil {
		return nil, err
	}
	out := &unitsOutput{}
	out.Body.Units = make([]apiUnit, len(units))
	for i, u := range units {
		out.Body.Units[i] = apiUnit(u)
	}
	return out, nil
}

// listAreas gives all areas.
func (s *Server) listAreas(ctx context.Context, actor org.Actor, _ *struct{}) (*areasOutput, error) {
	if err := org.Can(actor, org.ActReadCatalogue); err != nil {
		return nil, err
	}
	areas, err := s.o.Places.Areas(ctx)
	if err != nil {
		return nil, err
	}
	out := &areasOutput{}
	out.Body.Areas = make([]apiArea, len(areas))
	for i, a := range areas {
		out.Body.Areas[i] = apiArea(a)
	}
	return out, nil
}
