package server

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"huying/internal/org"
)

// A call over the API becomes a message of what the citizen said, and the desk
// shows who said what.
func TestCallIsShownTurnByTurn(t *testing.T) {
	w := newAPIWorld(t)
	const call = `{"channel":"hotline","external_id":"c1","turns":[
		{"id":"1","speaker":"agent","text":"您好，请讲。","start_ms":0,"end_ms":1200},
		{"id":"2","speaker":"citizen","text":"嗯，楼下那个","start_ms":1300,"end_ms":2000,"partial":true},
		{"id":"2","speaker":"citizen","text":"嗯，楼下烧烤店油烟很大，我电话13812340021。","start_ms":1300,"end_ms":65000}]}`
	r := w.call(http.MethodPost, "/api/v1/messages", call)
	w.status(r, http.StatusCreated)
	var got struct {
		Message struct {
			ID      string `json:"id"`
			Text    string `json:"text"`
			Matters []struct {
				ID string `json:"id"`
			} `json:"matters"`
		} `json:"message"`
	}
	if err := json.Unmarshal([]byte(r.body), &got); err != nil || got.Message.Text != "楼下烧烤店油烟很大，我电话〔电话〕。" {
		t.Fatalf("%s, %v", r.body, err)
	}
	r = w.call(http.MethodPost, "/api/v1/messages", `{"channel":"hotline","turns":[{"speaker":"agent","text":"您好"}]}`)
	w.status(r, http.StatusUnprocessableEntity)
	w.says(r, "通话里没有诉求人说的话")
	w.signIn(org.RoleAgent)
	page := w.get("/desk/" + got.Message.Matters[0].ID)
	w.says(page, "通话记录，2 段", "00:00 话务员 您好，请讲。", "00:01 诉求人 嗯，楼下烧烤店油烟很大")
	if strings.Contains(page.body, "13812340021") || strings.Contains(page.body, "楼下那个") {
		t.Error("the desk shows a phone, or what was replaced")
	}
}
