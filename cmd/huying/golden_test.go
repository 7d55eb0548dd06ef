package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestFiguresAreGolden measures the part of the protocols that takes a minute
// and looks at everything a suggestion has (cold, warm, leads, sets,
// calibration), and fails on a figure outside the interval it had when it was
// last accepted. The other parts take half an hour: see the README.
func TestFiguresAreGolden(t *testing.T) {
	data := filepath.Join("..", "..", "..", "shared", "data")
	if _, err := os.Stat(filepath.Join(data, "routing", "db44_messages.jsonl")); err != nil {
		t.Skip("shared data are not here: ../shared/data")
	}
	accepted := readFigures(t, filepath.Join("..", "..", "eval", "golden.json"))
	path := filepath.Join(t.TempDir(), "now.json")
	if out, code := runCommand(t, emptyHome(t), "eval", data, "--only", "catalogue", "--golden", path); code != exitOK {
		t.Fatalf("exit %d\n%s", code, out)
	}
	now := readFigures(t, path)
	for name, v := range accepted {
		if !strings.HasPrefix(name, "catalogue.") || strings.HasSuffix(name, ".lo") || strings.HasSuffix(name, ".hi") {
			continue
		}
		measured, known := now[name]
		lo, bounded := accepted[name+".lo"]
		hi := accepted[name+".hi"]
		switch {
		case !known:
			t.Errorf("%s is in eval/golden.json and is not measured any more", name)
		case name == sizeOfSets && now[name+".lo"] <= hi && now[name+".hi"] >= lo:
		case bounded && (measured < lo || measured > hi):
			t.Errorf("%s is %.3f, accepted was %.3f (%.3f to %.3f); if that is meant: make golden, and look at every line", name, measured, v, lo, hi)
		}
	}
	for name := range now {
		if _, known := accepted[name]; !known {
			t.Errorf("%s is measured and is not in eval/golden.json: make golden PARTS=catalogue", name)
		}
	}
}

// sizeOfSets hangs on thresholds that are fitted on the same rows: one row more
// or less, as between two processors, moves every set. Its interval knows only
// the rows, so two runs agree when their intervals meet.
const sizeOfSets = "catalogue.set.size"

func readFigures(t *testing.T, path string) map[string]float64 {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var figures map[string]float64
	if err := json.Unmarshal(raw, &figures); err != nil {
		t.Fatal(err)
	}
	return figures
}
