package notify

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"huying/internal/errs"
)

// Robot posts to a WeCom group through its robot's webhook: the people on duty
// in the group tell the citizen. The group gets the receipt's code and no
// number.
type Robot struct{ caller }

// NewRobot checks the webhook's address, which holds the robot's key.
func NewRobot(address string, now func() time.Time) (*Robot, error) {
	c, err := newCaller(address, now)
	if err != nil {
		return nil, err
	}
	return &Robot{c}, nil
}

// Via is "wecom".
func (r *Robot) Via() string { return "wecom" }

// NeedsPhone is false: the group gets no number.
func (r *Robot) NeedsPhone() bool { return false }

// NeedsEmail is false too.
func (r *Robot) NeedsEmail() bool { return false }

// Check connects to the service.
func (r *Robot) Check(ctx context.Context) error { return r.check(ctx) }

// tooOften is what WeCom answers beyond 20 messages a minute.
const tooOften = 45009

// Send posts the letter as a text message. One for one of the staff names
// them in the group.
func (r *Robot) Send(ctx context.Context, l Letter) (string, error) {
	type content struct {
		Content string   `json:"content"`
		Members []string `json:"mentioned_list,omitempty"`
		Phones  []string `json:"mentioned_mobile_list,omitempty"`
	}
	said := content{Content: "请转告诉求人：" + l.Text}
	switch staff := l.Kind == Staff; { // who reads it there, and is named
	case staff && l.WeCom != "":
		said = content{Content: l.Text, Members: []string{l.WeCom}}
	case staff:
		said = content{Content: l.Text, Phones: []string{l.Phone}}
	}
	body, err := json.Marshal(struct {
		Type string  `json:"msgtype"`
		Text content `json:"text"`
	}{"text", said})
	if err != nil {
		return "", errs.Wrap(err, errs.Internal, "internal")
	}
	raw, err := r.post(ctx, l.Key, body)
	if err != nil {
		return "", err
	}
	var answer struct {
		Code *int `json:"errcode"`
	}
	switch err := json.Unmarshal(raw, &answer); {
	case err != nil || answer.Code == nil:
		return "", errs.Wrap(err, errs.Unavailable, "notify.answer", "")
	case *answer.Code == tooOften:
		return "", &Busy{errs.New(errs.Unavailable, "notify.busy"), usualPause}
	case *answer.Code != 0:
		return "", errs.New(errs.Unavailable, "notify.answer", "errcode="+strconv.Itoa(*answer.Code))
	}
	return "", nil // WeCom gives a robot no number
}
