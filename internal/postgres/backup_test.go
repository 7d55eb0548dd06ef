package postgres_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"huying/casework"
	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/llm"
	"huying/internal/org"
	"huying/internal/pgtest"
	"huying/internal/postgres"
	"huying/internal/privacy"
	"huying/internal/workday"
	"huying/kb"
)

// busyCity is a city with something in every table.
func busyCity(t *testing.T) *city {
	t.Helper()
	c := newCity(t)
	cases := c.Cases(casework.NewPlanner(workday.New(workday.Published(), nil)))
	for i := range 30 {
		m, s := c.suggest(name("m", i), i, i%3, 0.6)
		switch i % 3 {
		case 0:
			d, err := cases.InsertDecision(t.Context(), c.confirm(m, s, i%3), "")
			c.must(err)
			if i == 0 {
				k, err := cases.Docket(t.Context(), casework.Key{Matter: m})
				c.must(err)
				r := casework.ContactRequest{ID: id.New[casework.ContactRequestID](), Case: k.ID, By: c.account, At: start, Why: "约上门时间"}
				c.must(c.SetMatterPlace(t.Context(), m, "松柏路口", org.Audit{At: start, Actor: c.account, Action: "set_place", Object: "matter"}))
				c.must(c.InsertTemplate(t.Context(), casework.Template{Category: k.Category, Text: "已办。", By: c.account, At: start}, org.Audit{At: start, Actor: c.account, Action: "keep_template", Object: "category"}))
				file := id.New[casework.AttachmentID]()
				c.must(c.InsertAttachment(t.Context(), casework.Attachment{ID: file, Folder: casework.Folder{Case: k.ID}, At: start, By: c.account, Name: "现场.png", Kind: "image/png", Body: []byte{0, 1}}))
				c.must(c.ShareAttachment(t.Context(), k.ID, file, true, org.Audit{At: start, Actor: c.account, Action: "share_file", Object: "file"}))
				head := org.Account{ID: id.New[org.AccountID](), Login: "head", Name: "head", Roles: org.Roles{org.RoleUnit}, Unit: k.Unit, CreatedAt: start}
				c.must(c.InsertAccount(t.Context(), head, org.Audit{At: start, Action: "create_account", Object: "account"}))
				c.must(c.SetHeads(t.Context(), k.Unit, []org.AccountID{head.ID}, nil, org.Audit{At: start, Actor: c.account, Action: "set_heads", Object: "unit"}))
				group := casework.Group{ID: id.New[casework.GroupID](), Name: "专班", Purpose: "整治", Unit: k.Unit, From: start, Until: start.Add(time.Hour), By: c.account, At: start}
				c.must(c.InsertGroup(t.Context(), group, "head", []string{"head"}, org.Audit{At: start, Actor: c.account, Action: "form_group", Object: "group"}))
				c.must(c.ExecForTest(t.Context(), `INSERT INTO precedent (id, decision_id, category_id, facts, between, ruled_unit_id, kept, clause, reason, by_account, at) VALUES ($1, $1, $2, '油烟', ARRAY[$3::uuid], $3, true, '第四条', '先属责', $4, $5)`, d.ID, d.Category, k.Unit, c.account, start))
				c.must(c.RepealPrecedent(t.Context(), classifier.PrecedentID(d.ID), classifier.Repeal{By: c.account, At: start, Why: "条例已修订"}, org.Audit{At: start, Actor: c.account, Action: "repeal_precedent", Object: "precedent"}))
				c.must(c.ExecForTest(t.Context(), `INSERT INTO work_group_change (group_id, at, by_account, account_id, joined) VALUES ($1, $2, $3, $4, true)`, group.ID, start, c.account, head.ID))
				c.must(c.ExecForTest(t.Context(), `INSERT INTO sub_centre (unit_id, areas, channels, opens, shuts, closed) VALUES ($1, '{}', '{app}', 0, 0, false)`, k.Unit))
				c.must(c.SetSealedReach(t.Context(), head.ID, casework.SealedReach{KeyID: "0badc0de", Sealed: []byte{1, 2}}, org.Audit{At: start, Actor: c.account, Action: "set_reach", Object: "account"}))
				whistle := casework.Summons{ID: id.New[casework.SummonsID](), Unit: k.Unit, By: c.account, At: start, Matter: "占道", Place: "松柏路口", Due: start, Calls: []casework.Call{{Unit: c.units[0].ID, State: casework.CallWaiting}}}
				c.must(cases.CallOut(t.Context(), whistle, nil, org.Audit{At: start, Actor: c.account, Action: "summon", Object: "summons"}))
				memo, err := cases.SendMemo(t.Context(), casework.Memo{ID: id.New[casework.MemoID](), Year: 2026, Unit: k.Unit, Title: "提醒函", Body: "请办理", By: c.account, At: start, AckDue: start, Due: start}, nil, org.Audit{At: start, Actor: c.account, Action: "send_memo", Object: "memo"})
				c.must(err)
				c.must(c.ExecForTest(t.Context(), `INSERT INTO memo_case (memo_id, case_id) VALUES ($1, $2)`, memo.ID, k.ID))
				c.must(c.ExecForTest(t.Context(), `INSERT INTO memo_event (memo_id, ordinal, at, by_account, move, words) VALUES ($1, 0, $2, $3, 'ack', '')`, memo.ID, start, head.ID))
				part, _ := c.suggest("cut off", 99, 0, 0.6)
				c.must(c.ExecForTest(t.Context(), `INSERT INTO case_split (matter_id, case_id, by_account, at) VALUES ($1, $2, $3, $4)`, part, k.ID, c.account, start))
				c.must(c.InsertContactRequest(t.Context(), r, org.Audit{At: start, Actor: c.account, Action: "ask_contact", Object: "case:" + string(k.ID)}))
				c.must(c.NoteContact(t.Context(), k.ID, r.ID, casework.ContactWord{By: c.account, At: start, Answer: casework.ContactUnreached}, org.Audit{At: start, Actor: c.account, Action: "ask_citizen", Object: "case:" + string(k.ID)}))
			}
			_, err = cases.InsertReturn(t.Context(), c.giveBack(d, classifier.ReturnDuty, c.units[0].ID, i), "")
			c.must(err)
		case 1:
			blind := c.confirm(m, "", 1)
			blind.Purpose = classifier.Blind
			c.decide(blind)
		case 2:
			c.must(c.InsertPass(t.Context(), m, c.account, classifier.PassSeen, start))
		}
	}
	refused, seen := c.suggest("refused", 96, 0, 0.2)
	no := classifier.Decision{
		ID: id.New[classifier.DecisionID](), Matter: refused, Suggestion: seen, Purpose: classifier.Effective, Kind: classifier.Decline,
		Reason: casework.RefusalReasons()[0], By: c.account, At: start,
	}
	_, err := cases.InsertDecision(t.Context(), no, "")
	c.must(err)
	c.must(c.ContestRefusal(t.Context(), no.ID, "应当受理", start))
	c.must(c.AgreeToRefusal(t.Context(), no.ID, c.account, start))
	c.must(c.setAside(c.account, true, 0))
	stray, _ := c.suggest("a stray", 97, 0, 0.2)
	gap := classifier.FoundGap{ID: id.New[classifier.GapID](), Callers: 5, Words: []string{"无人机"}, Members: []intake.MatterID{stray}, Typical: []intake.MatterID{stray}}
	c.must(c.ReplaceGaps(t.Context(), []classifier.FoundGap{gap}, start))
	c.must(c.MarkGap(t.Context(), gap.ID, classifier.GapHandled, c.account, start))
	m, s := c.suggest("two matters", 98, 0, 0.6)
	_, err = c.split(classifier.Split{Matter: m, Suggestion: s, Parts: []string{"夜里施工太吵", "路灯不亮"}})
	c.must(err)
	c.must(c.sendToReview(m, true, 100))
	p := c.entry("kb-1", "医保怎么报销\t\\ \n换行", c.vector())
	_, err = c.SaveEntries(t.Context(), []kb.Prepared{p})
	c.must(err)
	c.must(c.MarkClause(t.Context(), kb.ClauseMark{ID: id.New[string](), Law: "居住证条例", Text: "第八条", Note: "时限改了", By: c.account, At: start}))
	turn, err := c.InsertTurn(t.Context(), c.talk("talk"), c.told(p, "1"))
	c.must(err)
	c.must(c.InsertCheck(t.Context(), kb.Check{ID: id.New[string](), Given: kb.GivenID(turn.ID), Talk: true, Finding: kb.FindingRight, By: c.account, At: start}))
	c.must(c.InsertImport(t.Context(), kb.FileImport{ID: id.New[kb.ImportID](), At: start, By: c.account, Name: "知识.csv", State: kb.ImportLookedAt}, []byte{0, 1, 2}, start))
	n := kb.Notice{ID: "00000000-0000-7000-8000-000000000009", Title: "停电", Text: "检修", Starts: start, Ends: start.Add(time.Hour)}
	c.must(c.InsertNotice(t.Context(), n))
	call := parcel("call", 99)
	_, _, err = c.InsertParcel(t.Context(), call)
	c.must(err)
	c.must(c.JoinNotice(t.Context(), kb.Join{Notice: n.ID, Contact: call.Contact.ID, At: start}))
	c.proposes()
	c.must(c.RecordEmbedder(t.Context(), postgres.Embedder{Model: model, Dim: 8, Runtime: "test", CPU: "test"}, start))
	session := org.Session{Hash: [32]byte{1}, Account: c.account, CSRF: "x", CreatedAt: start, ExpiresAt: start.Add(time.Hour)}
	c.must(c.RecordSignIn(t.Context(), &session, "", org.Audit{At: start, Actor: c.account, Action: "signin", Object: "login:li"}))
	token := org.Token{ID: id.New[string](), Name: "t", Hash: [32]byte{2}, Account: c.account, CreatedAt: start}
	c.must(c.InsertToken(t.Context(), token, org.Audit{At: start, Action: "create_token", Object: "token:t"}))
	next := catalogue("第二版", "01", "02")
	c.publish(next, 2, trained(next), c.succeed(c.version, next))
	c.must(c.PlaceExample(t.Context(), classifier.Placing{
		Decision: classifier.DecisionID(c.list(`SELECT decision_id::text FROM confirmed_example ORDER BY 1`)[0]),
		From:     classifier.CategoryID(c.list(`SELECT category_id::text FROM confirmed_example ORDER BY decision_id`)[0]), To: next.Leaves()[0].ID,
		Audit: org.Audit{At: start, Actor: c.account, Action: "place_decision", Object: "decision:"},
	}))
	r := classifier.UseRequest{ID: id.New[classifier.RequestID](), Version: c.version.Version.ID, At: start, Due: start.Add(time.Hour)}
	c.must(c.RequestUse(t.Context(), r))
	drafts, replays := c.drafts(3)
	list := classifier.DraftFile{Name: "清单.csv", Body: []byte("事项编码,一级事项\n91,全新的事项\n")}
	draft, err := drafts.Upload(t.Context(), c.admin(), classifier.StoredDraft{List: list})
	c.must(err)
	c.must(replays.Ask(t.Context(), c.admin(), draft))
	run, err := c.NextReplay(t.Context())
	c.must(err)
	c.must(c.EndReplay(t.Context(), run, []classifier.RouteLine{{Matter: m, At: start, Decided: classifier.LeafName{Code: "01", Trail: "噪声"}, Ended: true}}, start))
	c.must(c.PauseNotifications(t.Context(), c.queue("case:1", true, 101), start.Add(time.Minute), "通知服务要求稍后再发"))
	c.must(c.InsertRules(t.Context(), casework.RuleVersion{Rules: casework.StoredRules(1, map[string]string{"pauses": "2"}), At: start, By: c.account, Why: "试行"}, org.Audit{At: start, Actor: c.account, Action: "set_deadline_rules", Object: "deadline_rules"}))
	c.must(c.KeepScript(t.Context(), usualScript(c.account), 0, org.Audit{At: start, Actor: c.account, Action: "keep_script", Object: "script:"}))
	one := casework.CaseID(c.list(`SELECT id::text FROM work_case ORDER BY id LIMIT 1`)[0])
	c.must(cases.DrawForLeader(t.Context(), org.Actor{Account: c.account}, start, func([]casework.Candidate) (casework.LeaderDraw, error) {
		return casework.LeaderDraw{ID: id.New[casework.DrawID](), By: c.account, At: start, Since: start, Seed: "00", Candidates: 1, Calls: []casework.LeaderCall{{Case: one}}}, nil
	}, org.Audit{At: start, Actor: c.account, Action: "draw_leader_calls", Object: "leader_draw:x"}))
	c.must(c.MergeDays(t.Context(), []workday.Day{{Date: workday.NewDate(2027, 10, 1), Name: "国庆节"}}, org.Audit{At: start, Action: "import_calendar", Object: "calendar"}))
	policy, err := kb.ShippedPolicy()
	c.must(err)
	c.must(c.InsertPolicy(t.Context(), policy))
	c.must(c.SetBudget(t.Context(), "市医保局", 0.01, org.Audit{At: start, Actor: c.account, Action: "set_answer_budget", Object: "unit:市医保局"}))
	c.must(c.KeepFile(t.Context(), kb.File{Digest: strings.Repeat("0a", 32), Name: "流程图.png", Kind: "image/png", Size: 2}, []byte{0, 1}, org.Audit{At: start, Actor: c.account, Action: "keep_entry_file", Object: "entry"}))
	c.must(c.InsertLeafNotes(t.Context(), []classifier.LeafNote{{ID: id.New[classifier.LeafNoteID](), Leaf: c.version.Leaves()[0].ID, Text: "半夜打桩", By: c.account, At: start}}, 9, org.Audit{At: start, Actor: c.account, Action: "keep_leaf_notes", Object: "category"}))
	c.must(c.InsertAccusation(t.Context(), stray, intake.Accusation{Units: []org.UnitID{c.units[0].ID}, Why: "态度恶劣", By: c.account, At: start}, time.Time{}, org.Audit{At: start, Actor: c.account, Action: "accuse", Object: "matter"}))
	c.must(c.InsertClarification(t.Context(), intake.Clarification{Matter: stray, Why: "哪里", By: c.account, At: start, Due: start}, org.Audit{At: start, Actor: c.account, Action: "ask_clarify", Object: "matter"}))
	c.must(c.InsertClarifyCall(t.Context(), stray, intake.ClarifyCall{By: c.account, At: start, Outcome: intake.ClarifyUnreached}, org.Audit{At: start, Actor: c.account, Action: "call_clarify", Object: "matter"}))
	c.must(c.InsertReason(t.Context(), casework.Reason{ID: id.New[casework.ReasonID](), Words: "不予受理：属于军队管辖，请向军队反映"}, org.Audit{At: start, Actor: c.account, Action: "add_refusal_reason", Object: "refusal_reason"}))
	locked, _ := c.suggest("locked", 121, 0, 0.4)
	sealed := func(_ intake.MessageID, s []byte, w *intake.LockedWords) (string, []byte, *intake.LockedWords, error) {
		return "k1", s, nil, nil
	}
	lock := intake.SecretLock{Message: intake.MessageID(c.list(`SELECT message_id::text FROM matter WHERE id = $1`, locked)[0]), Why: "涉密", Readers: []org.AccountID{c.account}, By: c.account, At: start}
	c.must(c.LockMessage(t.Context(), lock, sealed, org.Audit{At: start, Actor: c.account, Action: "lock_secret", Object: "message"}))
	c.must(c.LLM().SetRules(t.Context(), llm.Rules{Off: []llm.Task{llm.Check}, Budget: 1, At: start}, org.Audit{At: start, Actor: c.account, Action: "set_llm", Object: "llm"}))
	c.must(c.LLM().Finish(t.Context(), llm.Call{ID: id.New[llm.CallID](), At: start, Task: llm.Rank, Outcome: llm.OutcomeOK}))
	c.must(c.LLM().Keep(t.Context(), [32]byte{1}, []byte("{}"), start, start))
	c.must(c.DropKey(t.Context(), "an older one", org.Audit{At: start, Action: "drop_key", Object: "key"}))
	keeping := privacy.NewRetention(c, func() time.Time { return start.AddDate(0, 6, 0) })
	officer := org.Actor{Account: c.account, Roles: org.Roles{org.RolePrivacy}}
	c.must(keeping.Set(t.Context(), officer, map[privacy.Kind]int{privacy.KeepCalls: 90}))
	c.must(keeping.Hold(t.Context(), officer, c.list(`SELECT number FROM work_case ORDER BY id LIMIT 1`)[0], "诉讼"))
	c.must(c.InsertSubjectRequest(t.Context(), privacy.Request{ID: id.New[privacy.RequestID](), At: start, By: c.account, Why: "本人查阅"}, org.Audit{At: start, Action: "take_subject_request", Object: "subject"}))
	c.colleague("stands-in")
	c.rewards()
	cover := org.Cover{ID: id.New[org.CoverID](), Absent: org.Account{Login: "li"}, Substitute: org.Account{Login: "stands-in"}, From: start, Until: start.Add(time.Hour), By: c.account, At: start}
	c.must(c.InsertCover(t.Context(), cover, org.Audit{At: start, Action: "set_cover", Object: "cover"}))
	silent := parcel("silent", 120)
	silent.Message, silent.Contact.Outcome = nil, intake.Silent
	_, _, err = c.InsertParcel(t.Context(), silent)
	c.must(err)
	_, err = keeping.Run(t.Context())
	c.must(err)
	_, _, err = c.LinkAudit(t.Context(), 10, func(_ []byte, line org.AuditLine) org.AuditLink {
		return org.AuditLink{Line: line.ID, Key: "k", Hash: []byte{1}}
	})
	c.must(err)
	return c
}

// content is the text of all rows of a database, table by table.
func content(t *testing.T, db *postgres.DB) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, table := range postgres.BackedUpForTest() {
		lines, err := db.ListForTest(t.Context(), `SELECT t::text FROM `+table+` AS t ORDER BY 1`)
		if err != nil {
			t.Fatal(err)
		}
		all[table] = strings.Join(lines, "\n")
	}
	return all
}

func TestBackupComesBackWhole(t *testing.T) {
	t.Parallel()
	c := busyCity(t)
	var file bytes.Buffer
	written, err := c.Backup(t.Context(), &file, start)
	if err != nil || written == 0 {
		t.Fatalf("Backup = %d, %v", written, err)
	}
	want := content(t, c.DB)
	url := pgtest.URL(t)
	read, err := postgres.Restore(t.Context(), url, bytes.NewReader(file.Bytes()))
	if err != nil || read != written {
		t.Fatalf("Restore = %d, %v; %d were written", read, err, written)
	}
	db := openDB(t, url)
	got := content(t, db)
	for table, rows := range want {
		if got[table] != rows {
			t.Errorf("%s differs", table)
		}
		if rows == "" {
			t.Errorf("%s was not tested: it is empty", table)
		}
	}
	// The service goes on where it stopped: new audit lines get new numbers.
	line := org.Audit{At: start, Action: "signin_failed", Object: "login:x"}
	c.must(db.RecordSignIn(t.Context(), nil, "", line))
	template := casework.Template{Category: c.version.Leaves()[0].ID, Text: "改过。", By: c.account, At: start}
	c.must(db.InsertTemplate(t.Context(), template, org.Audit{At: start, Actor: c.account, Action: "keep_template", Object: "category"}))
	c.must(db.InsertRun(t.Context(), privacy.Run{At: start, Counts: map[privacy.Kind]int{}}, org.Audit{At: start, Action: "retention", Object: "retention"}))
	_, err = postgres.Restore(t.Context(), url, bytes.NewReader(file.Bytes()))
	wants(t, err, errs.Conflict, "backup.not_empty")
	numbered := c.list(`SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' AND is_identity = 'YES' AND table_name NOT LIKE 'river%' ORDER BY 1`)
	if known := slices.Sorted(slices.Values(postgres.NumberedForTest())); !slices.Equal(numbered, known) {
		t.Errorf("numbered by the database: %q, known %q", numbered, known)
	}
}

func TestDamagedBackupLeavesNothing(t *testing.T) {
	t.Parallel()
	c := busyCity(t)
	var file bytes.Buffer
	_, err := c.Backup(t.Context(), &file, start)
	c.must(err)
	whole := file.Bytes()
	plain := unzip(t, whole)
	flip := func(b []byte, at int) []byte {
		d := bytes.Clone(b)
		d[at] ^= 1
		return d
	}
	url := pgtest.Clone(t, template())
	cases := []struct {
		name string
		file []byte
		code errs.Code
	}{
		{"empty", nil, "backup.not_backup"},
		{"another file", []byte("PGDMP something"), "backup.not_backup"},
		{"another gzip file", zip([]byte("hello\n")), "backup.not_backup"},
		{"cut off in the middle", whole[:len(whole)/2], "backup.damaged"},
		{"cut off at the end", whole[:len(whole)-1], "backup.damaged"},
		{"without its last table", zip(plain[:len(plain)*9/10]), "backup.damaged"},
		{"one bit of the compressed bytes", flip(whole, len(whole)/2), "backup.damaged"},
		{"one letter of a citizen's words", zip(bytes.Replace(plain, []byte("工地夜里"), []byte("工地夜间"), 1)), "backup.damaged"},
		{"something behind the end", zip(append(bytes.Clone(plain), "x"...)), "backup.damaged"},
		{"of a newer program", zip(bytes.Replace(plain, []byte(`"schema":`), []byte(`"schema":9`), 1)), "backup.newer"},
	}
	for _, tc := range cases {
		_, err := postgres.Restore(t.Context(), url, bytes.NewReader(tc.file))
		if err == nil || errs.CodeOf(err) != tc.code || !errs.Has(tc.code) {
			t.Errorf("%s: %v, want %s", tc.name, err, tc.code)
		}
	}
	db := openDB(t, url)
	for table, rows := range content(t, db) {
		if rows != "" && table != "directory_revision" {
			t.Errorf("%s holds rows of a damaged backup", table)
		}
	}
	if _, err := postgres.Restore(t.Context(), url, bytes.NewReader(whole)); err != nil {
		t.Errorf("the whole file afterwards: %v", err)
	}
}

func TestBackupThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	c := busyCity(t)
	_, err := c.Backup(t.Context(), &fullDisk{left: 100}, start)
	wants(t, err, errs.Unavailable, "backup.write")
	c.receive("still works", 50)
}

type fullDisk struct{ left int }

func (d *fullDisk) Write(p []byte) (int, error) {
	if d.left -= len(p); d.left < 0 {
		return 0, errors.New("no space left on device")
	}
	return len(p), nil
}

func zip(b []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	fmt.Fprintf(w, "%s", b)
	w.Close()
	return out.Bytes()
}

func unzip(t *testing.T, b []byte) []byte {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return plain
}
