package main

import (
	"encoding/json"
	"hash/fnv"
	"math"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"huying/internal/demo"
)

// endpointDim is the length of the scripted endpoint's vectors.
const endpointDim = 64

// endpoint is a scripted embedding service: texts that share pairs of
// characters get vectors that are near each other.
type endpoint struct {
	addr   string
	server *http.Server
}

// start serves on the address it had before, or on a free one.
func (e *endpoint) start(t *testing.T) {
	t.Helper()
	if e.addr == "" {
		e.addr = "127.0.0.1:0"
	}
	var listen net.ListenConfig
	ln, err := listen.Listen(t.Context(), "tcp", e.addr)
	if err != nil {
		t.Fatal(err)
	}
	e.addr = ln.Addr().String()
	server := &http.Server{Handler: http.HandlerFunc(embeddings), ReadHeaderTimeout: time.Minute}
	e.server = server
	go server.Serve(ln)
	t.Cleanup(func() { server.Close() })
}

// die ends it at once, with all connections.
func (e *endpoint) die(t *testing.T) {
	t.Helper()
	if err := e.server.Close(); err != nil {
		t.Fatal(err)
	}
}

// embeddings answers as an OpenAI-compatible service does, with numbers in
// decimal digits.
func embeddings(w http.ResponseWriter, r *http.Request) {
	var asked struct {
		Input []string `json:"input"`
		Model string   `json:"model"`
	}
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	type item struct {
		Object    string    `json:"object"`
		Index     int       `json:"index"`
		Embedding []float32 `json:"embedding"`
	}
	var out struct {
		Object string `json:"object"`
		Model  string `json:"model"`
		Data   []item `json:"data"`
	}
	out.Object, out.Model = "list", asked.Model
	for i, text := range asked.Input {
		out.Data = append(out.Data, item{"embedding", i, hashed(text)})
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(out)
}

// hashed counts pairs of characters in buckets and scales to length 1.
func hashed(text string) []float32 {
	v := make([]float32, endpointDim)
	runes := []rune(" " + text)
	for i := 1; i < len(runes); i++ {
		h := fnv.New32a()
		h.Write([]byte(string(runes[i-1 : i+1])))
		v[h.Sum32()%endpointDim]++
	}
	sum := float64(0)
	for _, x := range v {
		sum += float64(x * x)
	}
	for i := range v {
		v[i] /= float32(math.Sqrt(max(sum, 1)))
	}
	return v
}

// smallCatalogue is enough to suggest from.
const smallCatalogue = `code,level1,level2,level3,scope
010101,城市管理,市容,路灯照明,路灯不亮、灯杆损坏、亮灯时间不合理
010102,城市管理,市容,占道经营,流动摊贩占用道路、店铺出店经营
010103,城市管理,环境,生活垃圾,垃圾没有清运、垃圾桶满了、乱倒垃圾
010201,公用事业,供水,停水,家里没有水、水压太低、水管爆裂
010202,公用事业,供电,停电,停电没有通知、电压不稳、线路老化
010301,交通,公交,公交班次,公交等太久、末班车太早、不停站
`

// oneEntry is enough to ask for.
const oneEntry = "question,answer,unit\n居住证怎么续签,到期前三十日内到社区窗口办理。,公安局\n"

// askedByWords asks while the endpoint is dead: by words alone, said on the
// card, and never answered.
func askedByWords(t *testing.T, c *city, api *caller) {
	t.Helper()
	tried := must[asked](t, api, http.StatusOK, http.MethodPost, "/api/v1/ask", map[string]string{"text": "居住证怎么续签"})
	if tried.Answered || !strings.Contains(tried.Silence, "只按字词找到") || len(tried.Matches) == 0 {
		t.Errorf("tried by words: %+v", tried)
	}
	v := &visitor{city: c, http: &http.Client{Timeout: time.Minute}}
	page := string(v.send(t, http.MethodPost, "/ask", url.Values{"text": {"居住证怎么续签"}}).body)
	if !strings.Contains(page, "现在只能按字词查找，不能直接答复") || strings.Contains(page, `id="short"`) || !strings.Contains(page, "居住证怎么续签</button>") {
		t.Errorf("the citizens' page says %s", page)
	}
}

// TestEndpointDiesAndComesBack: with a dead embedding endpoint a message is
// stored all the same, and its suggestion is made by itself once the endpoint
// is back.
func TestEndpointDiesAndComesBack(t *testing.T) {
	e := &endpoint{}
	e.start(t)
	api := smallCity(t, smallCatalogue,
		"HUYING_EMBED_URL=http://"+e.addr+"/v1", "HUYING_EMBED_MODEL=scripted", "HUYING_EMBED_DIM=64", "HUYING_PUBLIC_ASK=true")
	c := api.city
	entries := filepath.Join(t.TempDir(), "entries.csv")
	if err := os.WriteFile(entries, []byte(oneEntry), 0o600); err != nil {
		t.Fatal(err)
	}
	c.mustCommand(t, "import", "entries", entries)
	if m := api.receive(t, delivery{Channel: "web", Text: "我家门口的路灯不亮了"}).Message.Matters[0]; m.Suggestion == nil {
		t.Fatalf("with the endpoint: %+v", m.Suggestion)
	}
	e.die(t)
	waiting := api.receive(t, delivery{Channel: "web", Text: "小区停水三天了，水管爆裂没人修"}).Message.Matters[0]
	if waiting.Suggestion != nil || waiting.ID == "" {
		t.Fatalf("without the endpoint: %+v", waiting)
	}
	askedByWords(t, c, api)
	out, code := c.command(t, "doctor")
	if code != exitFailed || !strings.Contains(out, "有问题") {
		t.Errorf("doctor: exit %d\n%s", code, out)
	}
	e.start(t)
	eventually(t, 3*time.Minute, "the suggestion was not made later", func() bool {
		s := api.file(t, waiting.ID).Matter.Suggestion
		return s != nil && len(s.Candidates) == 5
	})
}

// demoFile gives a file of the demo city.
func demoFile(t *testing.T, name string) []byte {
	t.Helper()
	raw, err := demo.Files.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
