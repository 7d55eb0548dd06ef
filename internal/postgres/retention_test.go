package postgres_test

import (
	"fmt"
	"testing"
	"time"

	"huying/casework"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
	"huying/internal/privacy"
)

// keeper is an office whose personal data are deleted by rule.
type keeper struct {
	*office
	officer org.Actor
	keep    *privacy.Retention
}

func newKeeper(t *testing.T) *keeper {
	t.Helper()
	k := &keeper{office: newOffice(t)}
	a := org.Account{ID: id.New[org.AccountID](), Login: "privacy", Name: "隐私专员", Roles: org.Roles{org.RolePrivacy}, CreatedAt: start}
	k.must(k.InsertAccount(t.Context(), a, org.Audit{At: start, Action: "create_account", Object: "account"}))
	k.officer = org.Actor{Account: a.ID, Roles: org.Roles{org.RolePrivacy}}
	k.keep = privacy.NewRetention(k.city, func() time.Time { return k.now })
	return k
}

// closes brings a case to its end.
func (k *keeper) closes(d casework.Docket, ending casework.Ending, until time.Time) casework.Docket {
	k.t.Helper()
	d = k.do(k.unit, d, casework.Command{Move: casework.Accept})
	d = k.do(k.unit, d, casework.Command{Move: casework.Propose, Sure: true, Public: "已办好"})
	return k.do(k.agent, d, casework.Command{Move: casework.Close, Reason: string(ending), Until: until})
}

func (k *keeper) attach(d casework.Docket) {
	k.t.Helper()
	f := casework.Attachment{ID: id.New[casework.AttachmentID](), Folder: casework.Folder{Case: d.ID}, At: k.now, By: k.unit.Account, Name: "身份证.png", Kind: "image/png", Body: []byte(d.Number)}
	k.must(k.InsertAttachment(k.t.Context(), f))
}

// attachBeside puts a picture to what a case came from, and one to a whistle of its own
// that is over.
func (k *keeper) attachBeside(d casework.Docket) {
	k.t.Helper()
	ctx := k.t.Context()
	s := casework.Summons{ID: id.New[casework.SummonsID](), Unit: k.unit.Unit, By: k.unit.Account, At: k.now, Matter: "占道", Place: "松柏路口", Due: k.now, Calls: []casework.Call{{Unit: k.unit.Unit, State: casework.CallWaiting}}}
	k.must(k.cases.CallOut(ctx, s, nil, org.Audit{At: k.now, Actor: k.unit.Account, Action: "summon", Object: "summons"}))
	k.must(k.ExecForTest(ctx, `UPDATE summons SET open = false`))
	for _, in := range []casework.Folder{{Matter: d.Matter}, {Summons: s.ID}} {
		k.must(k.InsertAttachment(ctx, casework.Attachment{ID: id.New[casework.AttachmentID](), Folder: in, At: k.now, By: k.unit.Account, Name: "车牌.png", Kind: "image/png", Body: []byte{1, 2}}))
	}
}

// sealedOf lists the channel's numbers of the messages whose words are there.
func (k *keeper) sealedOf() string {
	k.t.Helper()
	return fmt.Sprint(k.list(`
		SELECT t.external_id
		FROM original AS o
		JOIN message AS g ON g.id = o.message_id
		JOIN contact AS t ON t.id = g.contact_id
		WHERE o.sealed IS NOT NULL
		ORDER BY 1`))
}

// TestOnlyWhatIsClosedAndPastItsDateIsDeleted: what is open, promised, held,
// merged into what is open, or younger than the rule stays; masked words stay
// in any case, and nothing tells any more who it was.
func TestOnlyWhatIsClosedAndPastItsDateIsDeleted(t *testing.T) {
	t.Parallel()
	k := newKeeper(t)
	ctx := t.Context()
	closed, promised, held := k.file("closed", 0), k.file("promised", 1), k.file("held", 2)
	open, merged := k.file("open", 3), k.file("merged", 4)
	k.attach(closed)
	k.attach(held)
	k.attachBeside(closed)
	k.receive("nobody decided", 5)
	err := casework.NewMerges(k.cases, k.stage).Merge(ctx, k.agent, merged.ID, merged.Version, open.Number, "同一件事")
	k.must(err)
	k.closes(closed, casework.Solved, time.Time{})
	k.closes(held, casework.Solved, time.Time{})
	k.closes(promised, casework.ByDate, k.now.AddDate(1, 0, 0))
	silent := parcel("silent", 6)
	silent.Message, silent.Contact.Outcome = nil, intake.Silent
	_, _, err = k.InsertParcel(ctx, silent)
	k.must(err)
	days := map[privacy.Kind]int{privacy.KeepOriginals: 90, privacy.KeepFiles: 90, privacy.KeepCalls: 90, privacy.KeepNotifications: 90}
	wants(t, k.keep.Set(ctx, k.agent, days), errs.Forbidden, "role.forbidden")
	wants(t, k.keep.Set(ctx, k.officer, map[privacy.Kind]int{privacy.KeepCalls: 3}), errs.Invalid, "retention.days")
	k.must(k.keep.Set(ctx, k.officer, days))
	k.must(k.keep.Hold(ctx, k.officer, held.Number, "行政诉讼"))
	wants(t, k.keep.Hold(ctx, k.officer, held.Number, "再保留一次"), errs.Conflict, "hold.exists")
	wants(t, k.keep.Hold(ctx, k.officer, "990101-20260101-0001", "没有这件"), errs.Invalid, "hold.no_case")

	k.now = k.now.AddDate(0, 0, 89)
	run, err := k.keep.Run(ctx)
	k.must(err)
	if run.Total() != 0 {
		t.Errorf("a day too early %+v", run)
	}
	k.now = k.now.AddDate(0, 0, 2)
	rules, err := k.keep.Due(ctx, 100)
	k.must(err)
	if rules[0].Due != 1 || rules[1].Due != 3 || rules[2].Due != 1 || rules[3].Days != 0 {
		t.Errorf("a dry run counts %+v", rules)
	}
	if k.sealedOf() != "[closed held merged nobody decided open promised]" {
		t.Errorf("a dry run deleted: %s is left", k.sealedOf())
	}
	k.must(k.ExecForTest(ctx, `UPDATE message SET phone_hash = 'x', phone_hint = '138****0021'`))
	run, err = k.keep.Run(ctx)
	k.must(err)
	if run.Counts[privacy.KeepOriginals] != 1 || run.Counts[privacy.KeepFiles] != 3 || run.Counts[privacy.KeepCalls] != 1 {
		t.Errorf("deleted %+v", run)
	}
	if got := k.sealedOf(); got != "[held merged nobody decided open promised]" {
		t.Errorf("left %s", got)
	}
	m, err := k.MessageOf(ctx, closed.ID)
	k.must(err)
	if n := k.count(`SELECT count(*) FROM message WHERE id = $1 AND phone_hash IS NULL AND phone_hint = '' AND body <> ''`, m); n != 1 {
		t.Error("the masked words are gone, or who it was is not")
	}
	if n := k.count(`SELECT count(*) FROM case_file WHERE body = '' AND name = ''`); n != 3 {
		t.Errorf("%d files are erased", n)
	}
	if n := k.count(`SELECT count(*) FROM audit WHERE action = 'erase_original' AND object = $1`, "message:"+string(m)); n != 1 {
		t.Error("it is not on record")
	}
	if counts, _, err := k.cases.Outcomes(ctx); err != nil || counts[intake.Silent] != 1 {
		t.Errorf("contacts by outcome %v, %v", counts, err)
	}

	st, err := k.keep.Standing(ctx, k.officer)
	k.must(err)
	if len(st.Holds) != 1 || len(st.Runs) != 2 || st.Runs[0].Total() != 5 {
		t.Errorf("standing %+v", st)
	}
	k.must(k.keep.Release(ctx, k.officer, st.Holds[0].ID, "诉讼已结束"))
	wants(t, k.keep.Release(ctx, k.officer, st.Holds[0].ID, "再解除一次"), errs.Conflict, "hold.released")
	_, err = k.keep.Run(ctx)
	k.must(err)
	if got := k.sealedOf(); got != "[merged nobody decided open promised]" {
		t.Errorf("after the release %s", got)
	}
}

// TestAnAttachmentIsErasedAndNothingElse: a row is emptied once; its history
// stays as it is.
func TestAnAttachmentIsErasedAndNothingElse(t *testing.T) {
	t.Parallel()
	k := newKeeper(t)
	k.attach(k.file("a", 0))
	for _, sql := range []string{
		`UPDATE case_file SET name = 'x'`, `UPDATE case_file SET body = '', name = ''`, `UPDATE case_file SET body = '', name = '', erased_at = now(), at = now()`,
	} {
		if err := k.ExecForTest(t.Context(), sql); stateOf(err) != "23001" {
			t.Errorf("%s: %v", sql, err)
		}
	}
	k.must(k.ExecForTest(t.Context(), `UPDATE case_file SET body = '', name = '', erased_at = now()`))
	if err := k.ExecForTest(t.Context(), `UPDATE case_file SET erased_at = NULL`); stateOf(err) != "23001" {
		t.Errorf("brought back: %v", err)
	}
}
