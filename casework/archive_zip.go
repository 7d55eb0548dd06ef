package casework

import (
	"archive/zip"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"huying/intake"
	"huying/internal/errs"
	"huying/internal/sheet"
)

// archivedAtOnce is how many cases' ids are read at a time.
const archivedAtOnce = 200

// zipper writes the files of an archive and remembers their digests.
type zipper struct {
	*zip.Writer
	at   time.Time
	sums strings.Builder // as sha256sum writes them
}

// put writes one file.
func (z *zipper) put(name string, write func(io.Writer) error) error {
	w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: z.at})
	if err != nil {
		return err
	}
	sum := sha256.New()
	if err := write(io.MultiWriter(w, sum)); err != nil {
		return err
	}
	fmt.Fprintf(&z.sums, "%s  %s\n", hex.EncodeToString(sum.Sum(nil)), name)
	return nil
}

func (z *zipper) text(name, words string) error {
	return z.put(name, func(w io.Writer) error {
		_, err := io.WriteString(w, words)
		return err
	})
}

// Write writes the archive as ZIP, case by case: no more than one case and one
// attachment is in memory. After an error what was written is no whole archive,
// and unpacking it says so.
func (a *Archive) Write(ctx context.Context, w io.Writer) (cases int, err error) {
	z := &zipper{Writer: zip.NewWriter(w), at: a.at.In(chinaTime())}
	each := func(c CaseID) error {
		cases++
		return a.write(ctx, z, c)
	}
	if err := a.each(ctx, each); err != nil {
		return cases, err
	}
	clear := "文字已隐去个人信息。附件照上传时的样子，其中可能有人像和证件。"
	if a.r.Clear {
		clear = "含诉求人的原话和联系方式，按个人信息保管，用后删除。"
	}
	about := a.Mark() + "。\n共 " + fmt.Sprint(cases) + " 件。" + clear + "\n每件一个文件夹：工单.json 为全部内容，经过.csv 为经过，公开答复.txt 是诉求人看到的，内部说明.txt 不公开。\nSHA256SUMS 是各文件的校验值，可用 sha256sum -c 核对。\n"
	if err := z.text("说明.txt", about); err != nil {
		return cases, err
	}
	sums := z.sums.String()
	if err := z.text("SHA256SUMS", sums); err != nil {
		return cases, err
	}
	return cases, z.Close()
}

// each goes through the cases.
func (a *Archive) each(ctx context.Context, do func(CaseID) error) error {
	if a.r.Case != "" {
		return do(a.r.Case)
	}
	after := CaseID("")
	for {
		some, err := a.store.CasesClosed(ctx, a.r.From, a.r.To, after, archivedAtOnce)
		if err != nil {
			return err
		}
		for _, c := range some {
			if err := do(c); err != nil {
				return err
			}
		}
		if len(some) < archivedAtOnce {
			return nil
		}
		after = some[len(some)-1]
	}
}

// archivedCase is 工单.json.
type archivedCase struct {
	Mark     string          `json:"mark"`
	Number   string          `json:"number"`
	State    string          `json:"state"`
	Ending   string          `json:"ending,omitempty"`
	Channel  string          `json:"channel"`
	Title    string          `json:"title,omitempty"`
	Text     string          `json:"text"`
	Original *archivedWords  `json:"original,omitempty"`
	Type     string          `json:"type"`
	Urgency  string          `json:"urgency"`
	Category string          `json:"category"`
	Unit     string          `json:"unit"`
	CoUnits  []string        `json:"co_units,omitempty"`
	Area     string          `json:"area,omitempty"`
	Place    string          `json:"place,omitempty"`
	FiledAt  string          `json:"filed_at"`
	Due      string          `json:"citizen_due,omitempty"`
	ClosedAt string          `json:"closed_at,omitempty"`
	Callback string          `json:"callback,omitempty"`
	Counts   string          `json:"counts,omitempty"`
	History  []archivedEvent `json:"history"`
	Files    []archivedFile  `json:"files,omitempty"`
}

// archivedWords are what was received.
type archivedWords struct {
	Title string `json:"title,omitempty"`
	Text  string `json:"text,omitempty"`
	Name  string `json:"name,omitempty"`
	Phone string `json:"phone,omitempty"`
	Email string `json:"email,omitempty"`
	Gone  string `json:"gone,omitempty"` // why there is nothing
}

type archivedEvent struct {
	At       string `json:"at"`
	By       string `json:"by,omitempty"`
	Unit     string `json:"unit"`
	Move     string `json:"move"`
	Reason   string `json:"reason,omitempty"`
	Internal string `json:"internal,omitempty"`
	Public   string `json:"public,omitempty"`
	Facts    *Facts `json:"facts,omitempty"`
}

type archivedFile struct {
	Name   string `json:"name"` // within the folder 附件; of an erased one what stands for it
	At     string `json:"at"`
	By     string `json:"by"`
	Kind   string `json:"kind,omitempty"`
	Size   int    `json:"size"`
	SHA256 string `json:"sha256,omitempty"`
}

// write puts one case into the archive.
func (a *Archive) write(ctx context.Context, z *zipper, c CaseID) error {
	d, history, err := a.store.CaseFile(ctx, c)
	if err != nil {
		return err
	}
	folder := d.Number + "/"
	out, err := a.describe(ctx, d, history)
	if err != nil {
		return err
	}
	if out.Files, err = a.attach(ctx, z, folder, d); err != nil {
		return err
	}
	err = z.put(folder+"工单.json", func(w io.Writer) error {
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		return enc.Encode(out)
	})
	if err != nil {
		return err
	}
	err = z.put(folder+"经过.csv", func(w io.Writer) error {
		headings := []string{"时间", "谁", "单位", "做了什么", "原因", "内部说明", "公开答复", "导出标记"}
		return sheet.WriteCSV(w, headings, func(yield func([]string) bool) {
			for _, e := range out.History {
				if !yield([]string{e.At, e.By, e.Unit, e.Move, e.Reason, e.Internal, e.Public, out.Mark}) {
					return
				}
			}
		})
	})
	if err != nil {
		return err
	}
	var public, internal strings.Builder
	for _, e := range out.History {
		if e.Public != "" {
			fmt.Fprintf(&public, "%s %s\n%s\n\n", e.At, e.Move, e.Public)
		}
		if e.Internal != "" {
			fmt.Fprintf(&internal, "%s %s %s\n%s\n\n", e.At, e.Move, e.By, e.Internal)
		}
	}
	if err := z.text(folder+"公开答复.txt", public.String()+out.Mark+"\n"); err != nil {
		return err
	}
	return z.text(folder+"内部说明.txt", internal.String()+out.Mark+"\n")
}

// describe puts a case into words.
func (a *Archive) describe(ctx context.Context, d Docket, history []Event) (archivedCase, error) {
	trail, err := a.store.CategoryTrail(ctx, d.Category)
	if err != nil {
		return archivedCase{}, err
	}
	when := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.In(chinaTime()).Format(time.RFC3339)
	}
	unit := func(e Event) string { u, _ := a.dir.Unit(e.Unit); return u.Name }
	out := archivedCase{
		Mark: a.Mark(), Number: d.Number, State: d.State.Label(), Ending: d.Ending.Label(), Channel: d.Channel.Label(), Title: d.Title, Text: d.Text,
		Type: string(d.Type), Urgency: string(d.Urgency), Category: trail, Area: a.dir.Path(d.Area), Place: d.Place,
		FiledAt: when(d.Due.FiledAt), Due: when(d.Due.Citizen), ClosedAt: when(d.Due.ClosedAt), Callback: d.Callback.Words(),
	}
	lead, _ := a.dir.Unit(d.Unit)
	out.Unit = lead.Name
	for _, co := range d.CoUnits {
		u, _ := a.dir.Unit(co)
		out.CoUnits = append(out.CoUnits, u.Name)
	}
	_, out.Counts = d.Counts()
	for _, e := range history {
		out.History = append(out.History, archivedEvent{
			At: when(e.At), By: e.ByName, Unit: unit(e), Move: e.Move.Label(), Reason: e.Reason, Internal: e.Text, Public: e.Public, Facts: e.Facts,
		})
	}
	if a.r.Clear {
		out.Original, err = a.original(ctx, d)
	}
	return out, err
}

// original opens what was received, on record.
func (a *Archive) original(ctx context.Context, d Docket) (*archivedWords, error) {
	m, err := a.store.MessageOf(ctx, d.ID)
	if err != nil {
		return nil, err
	}
	var o intake.Original
	if o, err = a.originals.ReadOriginal(ctx, a.actor, m, "工单归档："+a.r.Purpose); err != nil {
		if errs.KindOf(err) == errs.NotFound {
			return &archivedWords{Gone: "原话和联系方式已删除"}, nil
		}
		return nil, err
	}
	return &archivedWords{Title: o.Title, Text: o.Text, Name: o.Name, Phone: o.Phone, Email: o.Email}, nil
}

// attach writes the attachments of a case, first what came in with it, each
// under a number of its own.
func (a *Archive) attach(ctx context.Context, z *zipper, folder string, d Docket) ([]archivedFile, error) {
	var out []archivedFile
	for _, in := range []Folder{{Matter: d.Matter}, {Case: d.ID}} {
		all, err := a.files.Attachments(ctx, in)
		if err != nil {
			return nil, err
		}
		for _, f := range all {
			kept := archivedFile{Name: "已删除", At: f.At.In(chinaTime()).Format(time.RFC3339), By: f.ByName}
			if !f.Erased() {
				if f, err = a.files.Attachment(ctx, in, f.ID); err != nil {
					return nil, err
				}
				sum := f.Digest()
				kept.Name, kept.Kind, kept.Size, kept.SHA256 = a.fileName(len(out)+1, f.Name), f.Kind, len(f.Body), hex.EncodeToString(sum[:])
				err = z.put(folder+"附件/"+kept.Name, func(w io.Writer) error {
					_, err := w.Write(f.Body)
					return err
				})
				if err != nil {
					return nil, err
				}
			}
			out = append(out, kept)
		}
	}
	return out, nil
}

// fileName is an attachment's name within its folder: nothing in it leads out of
// that, and without the right to the words it holds no personal data either.
func (a *Archive) fileName(n int, name string) string {
	if !a.r.Clear {
		name, _ = a.mask(name)
	}
	name = strings.NewReplacer("/", "_", "\\", "_", "*", "＊", ":", "_", "\x00", "").Replace(name)
	return fmt.Sprintf("%02d-%s", n, cmp.Or(strings.TrimLeft(name, "."), "附件"))
}
