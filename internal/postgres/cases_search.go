package postgres

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"huying/casework"
	"huying/intake"
	"huying/internal/text"
)

// fewWords is how many cases may hold a word that a list is made from. Up to
// there the matters are fetched by the index of words and the list is what is
// left of them. A word that more cases hold is met often enough when the list
// is read in its own order; to fetch all of its matters first would take
// seconds at hundreds of thousands.
const fewWords = 5000

// numbered gives the cases that a number names, each kind by its own index:
// their own, that of another platform or of the channel on which they came, or a
// receipt's code, which units neither see nor look for.
func (c *Cases) numbered(ctx context.Context, number, receipt string) ([]intake.MatterID, error) {
	rows, err := c.pool.Query(ctx, `
		SELECT c.matter_id
		FROM work_case AS c
		WHERE c.number = $1
		UNION
		SELECT c.matter_id
		FROM work_case AS c
		WHERE c.receipt = $2
		UNION
		SELECT c.matter_id
		FROM work_case AS c
		WHERE c.outside IS NOT NULL AND c.outside @> jsonb_build_array(jsonb_build_object('number', $1::text))
		UNION
		SELECT m.id
		FROM contact AS t
		JOIN message AS g ON g.contact_id = t.id
		JOIN matter AS m ON m.message_id = g.id
		WHERE t.external_id = $1
		LIMIT $3`, number, receipt, fewWords)
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[intake.MatterID])
	return all, fail(err)
}

// withWord gives the filed matters that may hold a word; false when there are
// more than fewWords.
func (c *Cases) withWord(ctx context.Context, word string) ([]intake.MatterID, bool, error) {
	rows, err := c.pool.Query(ctx, `
		SELECT matter_id
		FROM case_words
		WHERE word_pairs(words) @> word_pairs(word_fold($1))
		LIMIT $2`, pgx.QueryExecModeCacheDescribe, word, fewWords+1)
	if err != nil {
		return nil, false, fail(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[intake.MatterID])
	return all, len(all) <= fewWords, fail(err)
}

// found is the part of a search that says which matters may be meant.
type found struct {
	matters []intake.MatterID // nil: any
	words   []string          // that must be there, too
}

// mayBe looks the words of a search up: a number first, then words, of which
// the rarest gives the matters.
func (c *Cases) mayBe(ctx context.Context, f casework.Filter) (found, error) {
	s := f.Search
	s.Words = text.Normalise(s.Words)
	if n := s.Number(); n != "" {
		receipt := ""
		if f.Unit == "" && f.Of == "" {
			receipt = casework.TidyReceipt(n)
		}
		all, err := c.numbered(ctx, n, receipt)
		if err != nil || len(all) > 0 {
			return found{matters: all}, err
		}
	}
	may := found{words: s.Terms()}
	for _, w := range may.words {
		all, few, err := c.withWord(ctx, w)
		if err != nil {
			return may, err
		}
		if few && (may.matters == nil || len(all) < len(may.matters)) {
			may.matters = append([]intake.MatterID{}, all...)
		}
	}
	return may, nil
}

// narrowing collects the conditions of a search: only what is asked for is
// joined and compared.
type narrowing struct {
	joins, where []string
	args         []any
}

// arg adds a value and gives its place.
func (n *narrowing) arg(v any) string {
	n.args = append(n.args, v)
	return "$" + strconv.Itoa(len(n.args))
}

// join adds what a condition needs, once.
func (n *narrowing) join(joins ...string) {
	for _, j := range joins {
		if !slices.Contains(n.joins, j) {
			n.joins = append(n.joins, j)
		}
	}
}

// What conditions need beside the case.
const (
	joinDecision   = ` JOIN decision AS d ON d.id = c.decision_id`
	joinMessage    = ` JOIN matter AS m ON m.id = c.matter_id JOIN message AS s ON s.id = m.message_id`
	joinContact    = ` JOIN contact AS t ON t.id = s.contact_id`
	joinAccusation = ` LEFT JOIN accusation AS x ON x.matter_id = c.matter_id`
	joinWords      = ` JOIN case_words AS w ON w.matter_id = c.matter_id`
)

// categoriesBelow are a category and all below it, and what they were before, in
// older versions.
func categoriesBelow(arg string) string {
	return `ARRAY(
		    WITH RECURSIVE below (id) AS (
		        SELECT ` + arg + `::uuid
		        UNION
		        SELECT n.id
		        FROM below AS b
		        CROSS JOIN LATERAL (
		            SELECT k.id FROM category AS k WHERE k.parent_id = b.id
		            UNION ALL
		            SELECT e.old_id FROM category_succession AS e WHERE e.new_id = b.id
		        ) AS n
		    )
		    SELECT id FROM below
		)`
}

// areasBelow are an area and all below it.
func areasBelow(arg string) string {
	return `ARRAY(
		    WITH RECURSIVE below (code) AS (
		        SELECT ` + arg + `::text
		        UNION
		        SELECT a.code FROM below AS b JOIN area AS a ON a.parent = b.code
		    )
		    SELECT code FROM below
		)`
}

// narrow turns a search into conditions on work_case AS c. The places of unit
// and time, $1 and $2, are taken.
func narrow(n *narrowing, s casework.Search, f found) {
	where := func(sql string) { n.where = append(n.where, sql) }
	if f.matters != nil {
		where(`c.matter_id = ANY (` + n.arg(f.matters) + `::uuid[])`)
	}
	for _, w := range f.words {
		n.join(joinWords)
		where(`position(word_fold(` + n.arg(w) + `) IN w.words) > 0`)
	}
	if s.Lead != "" {
		where(`c.unit_id = ` + n.arg(s.Lead))
	}
	if s.Ending != "" {
		where(`c.ending = ` + n.arg(s.Ending))
	}
	if !s.From.IsZero() {
		where(`c.filed_at >= ` + n.arg(s.From))
	}
	if !s.Before.IsZero() {
		where(`c.filed_at < ` + n.arg(s.Before))
	}
	if s.Category != "" {
		n.join(joinDecision)
		where(`d.category_id = ANY (` + categoriesBelow(n.arg(s.Category)) + `)`)
	}
	if s.Urgency != "" {
		n.join(joinDecision)
		where(`d.urgency = ` + n.arg(s.Urgency))
	}
	if s.Area != "" {
		n.join(joinMessage)
		where(`s.area = ANY (` + areasBelow(n.arg(s.Area)) + `)`)
	}
	if s.Channel != "" {
		n.join(joinMessage, joinContact)
		where(`t.channel = ` + n.arg(s.Channel))
	}
}

// search gives a page of the cases of a list that a search leaves. The page's
// identifiers are found first, with no more joins than the search asks for, and
// planned for its values: a street and a whole district want different plans.
func (c *Cases) search(ctx context.Context, f casework.Filter, in scope) ([]casework.Docket, error) {
	may, err := c.mayBe(ctx, f)
	if err != nil || may.matters != nil && len(may.matters) == 0 {
		return nil, err
	}
	key, direction, behind := orderOf(f.Show)
	n := &narrowing{args: []any{in.whose, f.Now, listOf(f.People)}}
	narrow(n, f.Search, may)
	if f.After != "" {
		a := n.arg(f.After)
		n.where = append(n.where, `(c.`+key+`, c.id) `+behind+` (SELECT a.`+key+`, a.id FROM work_case AS a WHERE a.id = `+a+`)`)
	}
	n.where = append(n.where, in.of(f.Show)+caseLists[f.Show], `$2::timestamptz IS NOT NULL`, `$3::uuid[] IS NOT NULL`)
	if f.Handler != "" {
		n.where = append(n.where, `c.handler = `+n.arg(f.Handler))
	}
	units, accounts, desk := shunArgs(f.Reader)
	n.join(joinAccusation)
	n.where = append(n.where, unshunned(len(n.args)+1))
	n.args = append(n.args, units, accounts, desk)
	order := `c.` + key + direction + `, c.id` + direction
	sql := `
		SELECT` + docketColumns + docketTables + `
		JOIN (
		    SELECT c.id
		    FROM work_case AS c` + strings.Join(n.joins, "") + `
		    WHERE ` + strings.Join(n.where, `
		      AND `) + `
		    ORDER BY ` + order + `
		    LIMIT ` + n.arg(f.Limit) + `
		) AS page ON page.id = c.id
		ORDER BY ` + order
	rows, err := c.pool.Query(ctx, sql, append([]any{pgx.QueryExecModeCacheDescribe}, n.args...)...)
	if err != nil {
		return nil, fail(err)
	}
	all, err := pgx.CollectRows(rows, scanDocket)
	return all, fail(err)
}

// orderOf is by what a list is in order and paged: what is due first, of closed
// ones last, and of all the latest filed.
func orderOf(show casework.Show) (key, direction, behind string) {
	switch show {
	case casework.ShowAll:
		return `filed_at`, ` DESC`, `<`
	case casework.ShowClosed:
		return `citizen_due`, ` DESC`, `<`
	}
	return `citizen_due`, ``, `>`
}
