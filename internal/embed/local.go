package embed

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"

	ort "github.com/yalue/onnxruntime_go"

	"huying/internal/errs"
)

// maxTokens is the longest input the model was trained for; what is longer is
// cut.
const maxTokens = 512

// pooling names how the vector is taken from the model's output, as part of
// the model's name: the state of the first token ([CLS]), scaled to length 1.
const pooling = "cls+l2"

// LocalOptions says where the model lies and how it is used.
type LocalOptions struct {
	Library     string // libonnxruntime.so
	Model       string // .onnx file
	Tokenizer   string // tokenizer.json
	Preparation string // names what callers do to a text before Embed; part of the model's name; must not be empty
	KeepCase    bool   // do not fold Latin letters; the default folds, see Tokenizer
	Parallel    int    // texts at once; 0: as many as cores. Memory grows by about 15 MB each
}

// Local runs the model in this process. It must be closed.
type Local struct {
	session   *ort.DynamicAdvancedSession
	tokenizer *Tokenizer
	model     Model
	slots     chan *slot // the free ones; taking one is the permission to run
	parallel  int
}

// slot is the memory of one run, reused by the next.
type slot struct {
	ids, mask, types []int64
	out              []float32
}

// NewLocal loads library, model and tokenizer (about 0.1 s and 75 MB). The
// ONNX library is loaded once for the life of the process, so that a second
// NewLocal may not name another one; NewLocal must not run twice at the same
// time. Errors: errs.Invalid for impossible options, errs.Unavailable when a
// file is missing or not what it should be.
func NewLocal(opts LocalOptions) (*Local, error) {
	if opts.Preparation == "" || opts.Parallel < 0 {
		return nil, errs.New(errs.Invalid, "embed.settings")
	}
	if opts.Parallel == 0 {
		opts.Parallel = runtime.GOMAXPROCS(0)
	}
	l, err := loadLocal(opts)
	if err != nil {
		return nil, errs.Wrap(err, errs.Unavailable, "embed.model")
	}
	return l, nil
}

func loadLocal(opts LocalOptions) (*Local, error) {
	tokenizer, err := LoadTokenizer(opts.Tokenizer, opts.KeepCase)
	if err != nil {
		return nil, err
	}
	name, err := localName(opts)
	if err != nil {
		return nil, err
	}
	if !ort.IsInitialized() {
		ort.SetSharedLibraryPath(opts.Library)
		if err := ort.InitializeEnvironment(ort.WithLogLevelError()); err != nil {
			return nil, err
		}
	}
	dim, err := modelDim(opts.Model)
	if err != nil {
		return nil, err
	}
	session, err := newSession(opts.Model)
	if err != nil {
		return nil, err
	}
	l := &Local{
		session: session, tokenizer: tokenizer, parallel: opts.Parallel,
		model: Model{Name: name, Dim: dim, Runtime: "onnxruntime " + ort.GetVersion(), CPU: cpuClass()},
		slots: make(chan *slot, opts.Parallel),
	}
	for range opts.Parallel {
		l.slots <- &slot{}
	}
	return l, nil
}

// localName hashes everything that decides whether vectors compare.
func localName(opts LocalOptions) (string, error) {
	pieces := []string{pooling, fmt.Sprintf("keepcase=%v", opts.KeepCase), fmt.Sprintf("max=%d", maxTokens), opts.Preparation}
	for _, path := range []string{opts.Model, opts.Tokenizer} {
		f, err := os.Open(path)
		if err != nil {
			return "", err
		}
		h := sha256.New()
		_, err = io.Copy(h, f)
		f.Close()
		if err != nil {
			return "", err
		}
		pieces = append(pieces, hex.EncodeToString(h.Sum(nil)))
	}
	return modelName(pieces...), nil
}

// The model's inputs, each int64 of shape [texts, tokens], and its output,
// float32 of shape [texts, tokens, dim].
func inputNames() []string  { return []string{"input_ids", "attention_mask", "token_type_ids"} }
func outputNames() []string { return []string{"last_hidden_state"} }

// modelDim checks that the file has our inputs and output and gives the
// vectors' length.
func modelDim(path string) (int, error) {
	ins, outs, err := ort.GetInputOutputInfo(path)
	if err != nil {
		return 0, err
	}
	for _, name := range inputNames() {
		if !slices.ContainsFunc(ins, func(i ort.InputOutputInfo) bool {
			return i.Name == name && i.DataType == ort.TensorElementDataTypeInt64
		}) {
			return 0, fmt.Errorf("the model has no input %s", name)
		}
	}
	for _, o := range outs {
		if o.Name == outputNames()[0] && len(o.Dimensions) == 3 && o.Dimensions[2] > 0 {
			return int(o.Dimensions[2]), nil
		}
	}
	return 0, fmt.Errorf("the model has no output %s", outputNames()[0])
}

// newSession opens the model with one thread a run: runs are parallel instead.
// The memory pattern, a plan kept for every input length, is off; the arena
// stays on, because without it the C library keeps more. Measured after 300
// texts of 20 to 620 characters: 146 MB resident so, 188 MB with the pattern,
// 262 MB without the arena; the time is the same.
func newSession(path string) (*ort.DynamicAdvancedSession, error) {
	o, err := ort.NewSessionOptions()
	if err != nil {
		return nil, err
	}
	defer o.Destroy()
	for _, err := range []error{
		o.SetIntraOpNumThreads(1), o.SetInterOpNumThreads(1), o.SetCpuMemArena(true), o.SetMemPattern(false),
	} {
		if err != nil {
			return nil, err
		}
	}
	return ort.NewDynamicAdvancedSession(path, inputNames(), outputNames(), o)
}

// Close frees the model. Runs under way are waited for; later ones fail.
func (l *Local) Close() error {
	for range l.parallel {
		<-l.slots
	}
	close(l.slots)
	return l.session.Destroy()
}

// Model implements Embedder.
func (l *Local) Model() Model { return l.model }

// Embed implements Embedder. The same text gives the same vector, bit for bit.
// It waits for a free core, and then does not heed ctx: a run takes some 10 to
// 50 ms.
func (l *Local) Embed(ctx context.Context, text string) ([]float32, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case s, open := <-l.slots:
		if !open {
			return nil, errs.New(errs.Unavailable, "embed.model")
		}
		defer func() { l.slots <- s }()
		v, err := l.run(s, text)
		if err != nil {
			return nil, errs.Wrap(err, errs.Unavailable, "embed.model")
		}
		return v, nil
	}
}

func (l *Local) run(s *slot, text string) ([]float32, error) {
	s.ids = l.tokenizer.Encode(s.ids, text, maxTokens)
	n := len(s.ids)
	for len(s.mask) < n {
		s.mask, s.types = append(s.mask, 1), append(s.types, 0)
	}
	if len(s.out) < n*l.model.Dim {
		s.out = make([]float32, n*l.model.Dim)
	}
	shape := ort.NewShape(1, int64(n))
	var inputs [3]ort.Value
	for i, data := range [][]int64{s.ids, s.mask[:n], s.types[:n]} {
		in, err := ort.NewTensor(shape, data)
		if err != nil {
			return nil, err
		}
		defer in.Destroy()
		inputs[i] = in
	}
	out, err := ort.NewTensor(ort.NewShape(1, int64(n), int64(l.model.Dim)), s.out)
	if err != nil {
		return nil, err
	}
	defer out.Destroy()
	if err := l.session.Run(inputs[:], []ort.Value{out}); err != nil {
		return nil, err
	}
	v := slices.Clone(s.out[:l.model.Dim])
	return v, normalise(v)
}
