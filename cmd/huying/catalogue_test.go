package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"huying/classifier"
	"huying/internal/org"
)

func TestDifferenceIsPrintedByKindAndCutWhenLong(t *testing.T) {
	d := classifier.Difference{From: classifier.Version{Name: "第一版"}, Follow: 12, Undecided: 3, Left: 1}
	d.Changes = append(d.Changes, classifier.Change{Kind: classifier.Reused, Code: "01", Before: "社保 › 养老", After: "交通 › 停车", Decisions: 1})
	for i := range 7 {
		d.Changes = append(d.Changes, classifier.Change{Kind: classifier.Added, Code: fmt.Sprintf("9%d", i), After: "新事项"})
	}
	d.Changes = append(d.Changes, classifier.Change{Kind: classifier.NewWords, Code: "05", Before: "交通 › 公交", After: "交通 › 公交"})
	var out bytes.Buffer
	writeDifference(&out, d, linesShown)
	want := `与现行版本“第一版”对照：
编码很可能改作了另一件事 1 项
  01 社保 › 养老 → 交通 › 停车（已确认 1 件）
新增 7 项
  90 新事项
  91 新事项
  92 新事项
  93 新事项
  94 新事项
  另有 2 项，加 --dry-run 可全部列出
说明、示例等文字变化 1 项
  05 交通 › 公交
已确认的决定：12 件跟随到新版本；3 件对应多个事项，等人决定；1 件的事项已取消或编码改作他用，留在原来的版本。
编码很可能改作了另一件事的，若其实是同一件事，请在编码对照表中写一行（原编码、新编码相同）。
`
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}

func TestReroutingIsARowForPeople(t *testing.T) {
	leaf := func(code string, path ...string) *classifier.Category {
		return &classifier.Category{Code: code, Name: path[len(path)-1], Path: path}
	}
	units := org.NewDirectory([]org.Area{{Code: "1", Name: "云亭市", Level: org.LevelCity}},
		[]org.Unit{{ID: "u", Name: "云亭市甲局", Kind: "甲局", Area: "1"}})
	row := routeRow(classifier.Rerouting{
		Matter: "m1", Area: "1", At: time.Date(2026, 3, 1, 16, 30, 0, 0, time.UTC), Gist: "电梯困人", Decided: leaf("01", "公共安全", "电梯"),
		OldLeaf: leaf("01", "公共安全", "电梯"), NewLeaf: leaf("11", "公共安全", "困人"), OldLead: "甲局", NewLead: "乙局",
		Split: true, Proposal: leaf("11", "公共安全", "困人"),
	}, units)
	want := "m1|2026-03-02 00:30|电梯困人|01|公共安全 › 电梯|主办会变、所定事项已拆分|01|公共安全 › 电梯|云亭市甲局|11|公共安全 › 困人|乙局|11 公共安全 › 困人"
	if got := strings.Join(row, "|"); got != want || len(row) != len(routeHeadings()) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestFileIsWrittenWholeOrNotAtAll(t *testing.T) {
	path := filepath.Join(t.TempDir(), "清单.csv")
	if err := os.WriteFile(path, []byte("旧"), 0o600); err != nil {
		t.Fatal(err)
	}
	err := toFile(path, func(w io.Writer) error {
		fmt.Fprint(w, "半")
		return errors.New("interrupted")
	})
	if kept, _ := os.ReadFile(path); err == nil || string(kept) != "旧" {
		t.Errorf("%v, and the file holds %q", err, kept)
	}
	if err := toFile(path, func(w io.Writer) error { _, err := fmt.Fprint(w, "新"); return err }); err != nil {
		t.Fatal(err)
	}
	if now, _ := os.ReadFile(path); string(now) != "新" {
		t.Errorf("the file holds %q", now)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".huying-*")); len(left) != 0 {
		t.Errorf("left behind: %q", left)
	}
}
