package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"huying/intake"
	"huying/internal/asr"
	"huying/internal/errs"
)

// transcribeCmd writes recordings of a call down, one a speaker, and hands the
// call in if it is told to.
type transcribeCmd struct {
	Files    []string `arg:"" name:"录音" help:"每个说话人一个录音，写成 citizen=文件 agent=文件；只写文件时，服务自己分说话人，分不出的算诉求人"`
	URL      string   `name:"asr-url" var:"HUYING_ASR_URL" required:"" placeholder:"地址" help:"语音识别服务：http(s)://…/v1（OpenAI 兼容的 audio/transcriptions）或 ws(s)://…（FunASR 的 2pass，要 16 kHz 单声道 16 位 PCM）"`
	Model    string   `name:"asr-model" var:"HUYING_ASR_MODEL" placeholder:"名称" help:"识别服务的模型名，可不设"`
	Key      string   `name:"asr-key" var:"HUYING_ASR_KEY" placeholder:"密钥" help:"识别服务的密钥，可不设"`
	Speakers string   `name:"speakers" placeholder:"对照" help:"服务怎样称呼说话人，如 0=agent,1=citizen"`
	Deliver  string   `name:"deliver" placeholder:"渠道" help:"登记为这个渠道的诉求，如 hotline；不填时只输出 JSON，可交给接口 /api/v1/messages"`
	External string   `name:"external-id" placeholder:"编号" help:"渠道自己的编号；同一编号只登记一次"`
}

// transcript is what the API takes as turns.
type transcript struct {
	Turns []transcriptTurn `json:"turns"`
}

type transcriptTurn struct {
	Speaker intake.Speaker `json:"speaker"`
	Text    string         `json:"text"`
	StartMS int64          `json:"start_ms"`
	EndMS   int64          `json:"end_ms"`
}

// Run recognises each recording and puts the turns in order.
func (c *transcribeCmd) Run(ctx context.Context, a *app) error {
	speakers, err := c.speakers()
	if err != nil {
		return err
	}
	client, err := asr.New(asr.Options{URL: c.URL, Model: c.Model, Key: c.Key})
	if err != nil {
		return err
	}
	var turns []intake.Turn
	for _, file := range c.Files {
		heard, err := c.recognise(ctx, client, speakers, file)
		if err != nil {
			return err
		}
		turns = append(turns, heard...)
	}
	turns = intake.Settle(turns)
	if c.Deliver != "" {
		return c.deliver(ctx, a, turns)
	}
	out := transcript{Turns: []transcriptTurn{}}
	for _, t := range turns {
		out.Turns = append(out.Turns, transcriptTurn{t.Speaker, t.Text, t.Start.Milliseconds(), t.End.Milliseconds()})
	}
	enc := json.NewEncoder(a.Out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(out)
}

// speakers reads how the service calls them.
func (c *transcribeCmd) speakers() (map[string]intake.Speaker, error) {
	out := map[string]intake.Speaker{}
	for _, s := range intake.Speakers() {
		out[string(s)] = s
	}
	for _, pair := range strings.Split(c.Speakers, ",") {
		name, who, ok := strings.Cut(pair, "=")
		if pair == "" {
			continue
		}
		if !ok || !slices.Contains(intake.Speakers(), intake.Speaker(who)) {
			return nil, errs.New(errs.Invalid, "setting.invalid", "--speakers", c.Speakers)
		}
		out[name] = intake.Speaker(who)
	}
	return out, nil
}

// recognise writes one recording down: citizen=FILE, or FILE alone.
func (c *transcribeCmd) recognise(ctx context.Context, client *asr.Client, speakers map[string]intake.Speaker, file string) ([]intake.Turn, error) {
	who, path, named := strings.Cut(file, "=")
	if !named || !slices.Contains(intake.Speakers(), intake.Speaker(who)) {
		who, path = "", file
	}
	f, err := openInput(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	heard, err := client.Recognise(ctx, path, f)
	if err != nil {
		return nil, err
	}
	var out []intake.Turn
	for _, h := range heard {
		t := intake.Turn{Speaker: intake.Speaker(who), Text: h.Text, Start: h.Start, End: h.End, Partial: h.Partial}
		if h.ID != "" {
			t.ID = file + " " + h.ID // two recordings count from 0 both
		}
		if who == "" {
			if t.Speaker = intake.SpeakerCitizen; h.Speaker != "" {
				known, ok := speakers[h.Speaker]
				if !ok {
					return nil, errs.New(errs.Invalid, "asr.speaker", h.Speaker)
				}
				t.Speaker = known
			}
		}
		out = append(out, t)
	}
	return out, nil
}

// deliver hands the call in, like a channel.
func (c *transcribeCmd) deliver(ctx context.Context, a *app, turns []intake.Turn) error {
	s, err := a.openSite(ctx, asGuest)
	if err != nil {
		return err
	}
	defer s.Close()
	r, err := s.line.Receive(ctx, operator(), intake.Delivery{Channel: intake.Channel(c.Deliver), ExternalID: c.External, Turns: turns})
	switch {
	case err != nil:
		return err
	case r.Duplicate:
		fmt.Fprintf(a.Out, "渠道编号 %s 早已登记，没有重复登记。\n", c.External)
	default:
		fmt.Fprintf(a.Out, "已登记，%d 段通话，诉求编号 %s。\n", len(turns), r.Message.ID)
	}
	return nil
}
