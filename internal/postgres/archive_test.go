package postgres_test

import (
	archived "archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"huying/casework"
	"huying/internal/errs"
	"huying/internal/org"
)

// unpack reads an archive and holds each file against SHA256SUMS.
func unpack(t *testing.T, raw []byte) map[string]string {
	t.Helper()
	z, err := archived.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[f.Name] = string(body)
	}
	lines := strings.Split(strings.TrimSpace(files["SHA256SUMS"]), "\n")
	if len(lines) != len(files)-1 {
		t.Errorf("%d digests of %d files", len(lines), len(files))
	}
	for _, line := range lines {
		digest, name, _ := strings.Cut(line, "  ")
		if sum := sha256.Sum256([]byte(files[name])); hex.EncodeToString(sum[:]) != digest {
			t.Errorf("%s has another digest", name)
		}
	}
	return files
}

// TestACaseIsArchived: whole, public and internal words apart, attachments by
// their digests, with a mark, on record; what was received only for who may, and
// each opening noted.
func TestACaseIsArchived(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	admin := o.admin()
	admin.Name = "系统管理员"
	archives := casework.NewArchives(o.cases, o, o, &gateway{}, o.stage)
	files := casework.NewAttachments(o, o.stage)
	d := o.do(o.unit, o.file("a", 0), casework.Command{Move: casework.Accept, Text: "已派人"})
	png := []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")
	o.must(files.Attach(ctx, o.unit, d.ID, "../现场.png", png))
	d = o.do(o.unit, d, casework.Command{Move: casework.Propose, Public: "油烟已整治", Text: "罚款两千", Sure: true})
	other := o.file("b", 1)
	r := casework.ArchiveRequest{Case: d.ID, Purpose: "年度 归档"}
	_, err := archives.Open(ctx, o.agent, r)
	wants(t, err, errs.Forbidden, "role.forbidden")
	_, err = archives.Open(ctx, admin, casework.ArchiveRequest{})
	var faults errs.List
	if !errors.As(err, &faults) || len(faults) != 2 {
		t.Errorf("nothing asked for: %v", err)
	}
	whole := casework.ArchiveRequest{From: o.now.AddDate(0, 0, -1), To: o.now.AddDate(0, 0, 1), Purpose: "归档"}
	_, err = archives.Open(ctx, admin, whole)
	wants(t, err, errs.NotFound, "archive.none")

	write := func(r casework.ArchiveRequest, want int) map[string]string {
		t.Helper()
		a, err := archives.Open(ctx, admin, r)
		o.must(err)
		var b bytes.Buffer
		n, err := a.Write(ctx, &b)
		if err != nil || n != want {
			t.Fatalf("%d cases, %v", n, err)
		}
		return unpack(t, b.Bytes())
	}
	in := write(r, 1)
	folder := d.Number + "/"
	var kept struct {
		Mark, Number string
		Original     *struct{ Phone string }
		History      []struct{ Internal, Public string }
		Files        []struct{ Name, SHA256 string }
	}
	o.must(json.Unmarshal([]byte(in[folder+"工单.json"]), &kept))
	sum := sha256.Sum256(png)
	if kept.Number != d.Number || len(kept.History) != 3 || kept.Original != nil || len(kept.Files) != 1 || kept.Files[0].SHA256 != hex.EncodeToString(sum[:]) {
		t.Errorf("kept %+v", kept)
	}
	if name := folder + "附件/" + kept.Files[0].Name; in[name] != string(png) || strings.Contains(name, "..") {
		t.Errorf("attachment %s", name)
	}
	if p := in[folder+"公开答复.txt"]; !strings.Contains(p, "油烟已整治") || strings.Contains(p, "罚款两千") || !strings.Contains(in[folder+"内部说明.txt"], "罚款两千") {
		t.Errorf("public %s", p)
	}
	for name, body := range in {
		if name != "SHA256SUMS" && !strings.Contains(name, "附件/") && !strings.Contains(body, "由系统管理员于") || strings.Contains(body, "13812340021") {
			t.Errorf("%s: no mark, or a number: %s", name, body)
		}
	}
	if n := o.count(`SELECT count(*) FROM audit WHERE action = 'export_cases' AND object = $1 AND detail = '年度 归档'`, "case:"+string(d.ID)); n != 1 {
		t.Errorf("%d lines on record", n)
	}
	r.Clear = true
	if in = write(r, 1); !strings.Contains(in[folder+"工单.json"], "13812340021") || !strings.Contains(in["说明.txt"], "按个人信息保管") {
		t.Errorf("in clear: %s", in["说明.txt"])
	}

	o.do(o.agent, d, casework.Command{Move: casework.Close, Reason: string(casework.Solved)})
	if in = write(whole, 1); in[folder+"工单.json"] == "" || in[other.Number+"/工单.json"] != "" {
		t.Error("of the period is another, or what is open")
	}
	whole.From, whole.To = whole.From.AddDate(0, 0, 2), whole.To.AddDate(0, 0, 2)
	_, err = archives.Open(ctx, admin, whole)
	wants(t, err, errs.NotFound, "archive.none")
	o.cutOff(archives, admin, r)
}

// cutOff ends an archive halfway: what is there is no archive.
func (o *office) cutOff(archives *casework.Archives, admin org.Actor, r casework.ArchiveRequest) {
	o.t.Helper()
	a, err := archives.Open(o.t.Context(), admin, r)
	o.must(err)
	ctx, stop := context.WithTimeout(o.t.Context(), time.Hour)
	stop()
	var b bytes.Buffer
	if _, err := a.Write(ctx, &b); err == nil {
		o.t.Error("nothing is said")
	}
	if _, err := archived.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len())); err == nil {
		o.t.Error("half an archive reads as a whole one")
	}
}
