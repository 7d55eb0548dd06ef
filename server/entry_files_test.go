package server

import (
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"huying/internal/org"
	"huying/kb"
)

// TestFilesOfAnEntry are put to a copy of what answers, sent safely, shown with
// the answer once they are part of it, and taken away again.
func TestFilesOfAnEntry(t *testing.T) {
	w := newWorld(t)
	w.signIn(org.RoleEditor)
	entry := w.fake.entries[0]
	url := entryURL(entry.ID)
	w.says(w.get(url+"/edit"), "附件 0", "还没有附件", "不超过 4 MB")
	pdf := []byte("%PDF-1.4 申请表")
	r := w.attach(url+"/files", "申请表.pdf", pdf, "version", strconv.Itoa(entry.Version))
	w.status(r, http.StatusSeeOther)
	if strings.HasPrefix(r.location, url) {
		t.Fatalf("what answers is changed: %s", r.location)
	}
	r = w.get(strings.TrimSuffix(r.location, "#files"))
	w.says(r, "附件 1", "申请表.pdf", "附件已加入草稿")
	draft := w.fake.entries[len(w.fake.entries)-1]
	if len(draft.Files) != 1 || draft.Replaces != entry.ID {
		t.Fatalf("draft %+v", draft)
	}
	file := entryURL(draft.ID) + "/files/" + draft.Files[0].Digest
	got := w.get(file)
	w.status(got, http.StatusOK)
	if got.body != string(pdf) || got.header.Get("Content-Type") != "application/pdf" || !strings.HasPrefix(got.header.Get("Content-Disposition"), "attachment;") ||
		got.header.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(got.header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("sent %v", got.header)
	}
	w.says(w.get(entryURL(draft.ID)), "附件 1", "申请表.pdf")
	r = w.attach(entryURL(draft.ID)+"/files", "x.html", []byte("<script>alert(1)</script>"), "version", strconv.Itoa(draft.Version))
	w.status(r, http.StatusUnprocessableEntity)
	w.says(r, "附件只收照片")
	w.status(w.post(file+"/remove", "version", "99"), http.StatusConflict)
	r = w.post(file+"/remove", "version", strconv.Itoa(draft.Version))
	w.status(r, http.StatusSeeOther)
	w.says(w.get(strings.TrimSuffix(r.location, "#files")), "附件 0", "附件已从草稿删去")
	w.signIn(org.RoleAgent)
	w.status(w.get(file), http.StatusOK)
	w.status(w.attach(entryURL(draft.ID)+"/files", "申请表.pdf", pdf), http.StatusForbidden)
}

// TestFilesOverTheAPI are attached, listed, read and taken away.
func TestEntryFilesOverTheAPI(t *testing.T) {
	w := newAPIWorld(t)
	w.allow(w.token, org.Actor{Account: "e1", Roles: org.Roles{org.RoleEditor}})
	id, version := string(w.fake.entries[0].ID), strconv.Itoa(w.fake.entries[0].Version)
	content := base64.StdEncoding.EncodeToString([]byte("%PDF-1.4 x"))
	refused(t, w.call(http.MethodPost, "/api/v1/entries/"+id+"/files", `{"version":99,"name":"表.pdf","content":"`+content+`"}`), http.StatusConflict, "kb.outdated")
	e := read[apiEntry](t, w.call(http.MethodPost, "/api/v1/entries/"+id+"/files", `{"version":`+version+`,"name":"表.pdf","content":"`+content+`"}`), http.StatusOK)
	if len(e.Files) != 1 || e.Files[0].Name != "表.pdf" || e.Replaces != kb.EntryID(id) {
		t.Fatalf("attached %+v", e)
	}
	path := "/api/v1/entries/" + string(e.ID) + "/files/" + e.Files[0].Digest
	got := read[struct {
		Digest, Name, Kind, Content string
		Size                        int
	}](t, w.call(http.MethodGet, path, ""), http.StatusOK)
	if got.Content != content || got.Kind != "application/pdf" {
		t.Errorf("read %+v", got)
	}
	if e = read[apiEntry](t, w.call(http.MethodDelete, path+"?version="+strconv.Itoa(e.Version), ""), http.StatusOK); len(e.Files) != 0 {
		t.Errorf("taken away %+v", e)
	}
	refused(t, w.call(http.MethodGet, "/api/v1/entries/"+string(e.ID)+"/files/none", ""), http.StatusNotFound, "file.not_found")
}
