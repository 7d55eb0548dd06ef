package server

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"huying/classifier"
	"huying/intake"
	"huying/internal/errs"
	"huying/internal/org"
	"huying/kb"
)

// apiDelivery is what a channel hands over. Its bounds are intake's; a test
// holds them together.
type apiDelivery struct {
	Channel    string    `json:"channel" minLength:"1" maxLength:"100" example:"hotline" doc:"渠道。已有 hotline 热线、web 网页、wechat 微信、app 客户端、mini 小程序、mail 信箱，也可以用自己的名称"`
	ExternalID string    `json:"external_id,omitempty" maxLength:"100" example:"20261123-000815" doc:"渠道自己的编号。同一渠道同一编号只登记一次，重复提交得到第一次的结果"`
	At         time.Time `json:"at,omitempty" doc:"诉求发生的时间；不填为现在。比现在晚一天以上会被拒绝"`
	Outcome    string    `json:"outcome,omitempty" enum:"received,answered,transferred,dropped,silent" doc:"这次来电的结果：received 收到诉求（不填即此）、answered 当场答复、transferred 转接、dropped 中断、silent 无人说话。后三种可以没有内容"`
	Title      string    `json:"title,omitempty" maxLength:"200" example:"楼下烧烤店油烟扰民" doc:"标题"`
	Text       string    `json:"text,omitempty" maxLength:"20000" example:"楼下烧烤店每天晚上油烟往家里灌，窗户不敢开。" doc:"诉求原话"`
	Name       string    `json:"name,omitempty" maxLength:"100" doc:"诉求人姓名，加密保存，不出现在任何回答里"`
	Phone      string    `json:"phone,omitempty" maxLength:"100" doc:"诉求人电话，加密保存，回答里只有首尾几位"`
	Email      string    `json:"email,omitempty" maxLength:"100" example:"wang@example.cn" doc:"诉求人邮箱，加密保存，不出现在任何回答里；短信送不到时可用它通知"`
	Anonymous  bool      `json:"anonymous,omitempty" doc:"匿名：姓名、电话和邮箱不保存"`
	Consent    string    `json:"consent,omitempty" enum:"yes,no" doc:"是否同意承办单位获取联系方式；不填为没有问过，按不同意处理"`
	Area       string    `json:"area,omitempty" maxLength:"100" doc:"属地编码，取自 /api/v1/areas"`
	Place      string    `json:"place,omitempty" maxLength:"100" example:"松柏社区南门" doc:"地点"`
	Need       string    `json:"need,omitempty" maxLength:"100" doc:"特殊需要，如方言、听力障碍"`
	Turns      []apiTurn `json:"turns,omitempty" nullable:"false" maxItems:"2000" doc:"通话的文字记录，按段。不填 text 时，诉求内容取诉求人各段的话，去掉语气词和重复；原话照存"`
}

// apiTurn is a turn of a call.
type apiTurn struct {
	ID      string `json:"id,omitempty" maxLength:"100" doc:"识别服务给这一段的编号；同一编号后到的定稿替换先到的中间结果"`
	Speaker string `json:"speaker" enum:"citizen,agent,other" doc:"说话人：citizen 诉求人，agent 话务员，other 其他"`
	Text    string `json:"text" maxLength:"5000" doc:"这一段的话，照识别结果"`
	StartMS int64  `json:"start_ms,omitempty" minimum:"0" maximum:"86400000" doc:"从通话开始算起，毫秒"`
	EndMS   int64  `json:"end_ms,omitempty" minimum:"0" maximum:"86400000" doc:"从通话开始算起，毫秒"`
	Partial bool   `json:"partial,omitempty" doc:"true：中间结果，还会变"`
}

func turnsOf(all []apiTurn) []intake.Turn {
	var out []intake.Turn
	for _, t := range all {
		out = append(out, intake.Turn{
			ID: t.ID, Speaker: intake.Speaker(t.Speaker), Text: t.Text,
			Start: time.Duration(t.StartMS) * time.Millisecond, End: time.Duration(t.EndMS) * time.Millisecond, Partial: t.Partial,
		})
	}
	return out
}

func newAPITurns(all []intake.Turn) []apiTurn {
	var out []apiTurn
	for _, t := range all {
		out = append(out, apiTurn{t.ID, string(t.Speaker), t.Text, t.Start.Milliseconds(), t.End.Milliseconds(), t.Partial})
	}
	return out
}

func (d apiDelivery) delivery() intake.Delivery {
	return intake.Delivery{
		Channel: intake.Channel(d.Channel), ExternalID: d.ExternalID, At: d.At, Outcome: intake.Outcome(d.Outcome),
		Title: d.Title, Text: d.Text, Name: d.Name, Phone: d.Phone, Email: d.Email, Anonymous: d.Anonymous,
		Consent: intake.Consent(d.Consent), Area: org.AreaCode(d.Area), Place: d.Place, Need: d.Need, Turns: turnsOf(d.Turns),
	}
}

// apiReceipt is what a channel gets back.
type apiReceipt struct {
	Contact   intake.ContactID `json:"contact" format:"uuid" doc:"这次来电的编号"`
	Duplicate bool             `json:"duplicate" doc:"这个渠道编号早已登记，下面是第一次的结果"`
	Receipt   string           `json:"receipt,omitempty" example:"ABCDEFGHJK" doc:"回执码，请告诉诉求人：从现在起凭它查进展。没有说话内容的来电没有这一项"`
	Message   *apiMessage      `json:"message,omitempty" doc:"登记的诉求；没有说话内容的来电没有这一项"`
}

// apiMessage is a message, masked.
type apiMessage struct {
	ID         intake.MessageID `json:"id" format:"uuid" doc:"诉求编号"`
	Contact    intake.ContactID `json:"contact" format:"uuid" doc:"来电编号"`
	Channel    intake.Channel   `json:"channel" doc:"渠道"`
	ExternalID string           `json:"external_id,omitempty" doc:"渠道自己的编号"`
	At         time.Time        `json:"at" doc:"诉求发生的时间"`
	ReceivedAt time.Time        `json:"received_at" doc:"登记的时间"`
	Title      string           `json:"title,omitempty" doc:"标题，已隐去个人信息"`
	Text       string           `json:"text,omitempty" doc:"诉求内容，已隐去个人信息"`
	Phone      string           `json:"phone,omitempty" example:"138****0021" doc:"电话的首尾几位"`
	Anonymous  bool             `json:"anonymous" doc:"匿名"`
	Consent    intake.Consent   `json:"consent,omitempty" doc:"是否同意承办单位获取联系方式：yes、no；没有这一项为没有问过"`
	Area       org.AreaCode     `json:"area,omitempty" doc:"属地编码"`
	Place      string           `json:"place,omitempty" doc:"地点"`
	Need       string           `json:"need,omitempty" doc:"特殊需要"`
	Secret     intake.Secrecy   `json:"secret,omitempty" enum:"held,locked,clear" doc:"held 可能涉密等人判断，不推荐；locked 已封存；clear 判断过不涉密；没有这一项为没有涉密的迹象"`
	Matters    []apiMatter      `json:"matters" nullable:"false" doc:"诉求里的每一件事"`
}

// apiMatter is one thing a message asks for, with what the machine made of it.
type apiMatter struct {
	ID         intake.MatterID    `json:"id" format:"uuid" doc:"这件事的编号"`
	Ordinal    int                `json:"ordinal" doc:"在诉求里的次序，从 1 起"`
	Title      string             `json:"title,omitempty" doc:"标题"`
	Text       string             `json:"text,omitempty" doc:"内容"`
	Facts      []apiFact          `json:"facts" nullable:"false" doc:"由原文摘出的地点、时间、对象、金额、诉求点，只供参考"`
	State      intake.MatterState `json:"state" enum:"open,answered,decided" doc:"open 等人决定，answered 已当场答复，decided 已有决定"`
	Suggestion *apiSuggestion     `json:"suggestion,omitempty" doc:"智能推荐；还没有算出时没有这一项，稍后再取"`
	Answer     *apiAnswer         `json:"answer,omitempty" doc:"即时答复，或沉默的原因；还没有算出时没有这一项"`
}

// apiFact is what the words of a matter say of it.
type apiFact struct {
	Field intake.Field `json:"field" enum:"place,time,counterpart,amount,demand" doc:"place 地点，time 时间，counterpart 对象，amount 金额，demand 诉求点"`
	Text  string       `json:"text" doc:"原文中的话"`
	Start int          `json:"start" doc:"在标题、换行、内容连起来的文字中的起点，按字，从 0 起；没有标题时只按内容算"`
	End   int          `json:"end" doc:"终点，不含"`
}

func newAPIMatter(m intake.Matter, finder *intake.FactFinder) apiMatter {
	found := finder.Facts(m.Title, m.Text)
	out := apiMatter{ID: m.ID, Ordinal: m.Ordinal, Title: m.Title, Text: m.Text, State: m.State, Facts: make([]apiFact, len(found))}
	for i, f := range found {
		out.Facts[i] = apiFact{Field: f.Field, Text: f.Text, Start: f.Start, End: f.End}
	}
	return out
}

func newAPIMessage(m intake.Message, finder *intake.FactFinder) *apiMessage {
	out := &apiMessage{
		ID: m.ID, Contact: m.Contact, Channel: m.Channel, ExternalID: m.ExternalID, At: utc(m.At), ReceivedAt: utc(m.ReceivedAt),
		Title: m.Title, Text: m.Text, Phone: m.PhoneHint, Anonymous: m.Anonymous, Consent: m.Consent,
		Area: m.Area, Place: m.Place, Need: m.Need, Secret: m.Secret, Matters: make([]apiMatter, len(m.Matters)),
	}
	for i, t := range m.Matters {
		out.Matters[i] = newAPIMatter(t, finder)
	}
	return out
}

type receiveInput struct {
	Body apiDelivery
}

type receiveOutput struct {
	Status   int
	Location string `header:"Location" doc:"新诉求的地址"`
	Body     apiReceipt
}

type messageInput struct {
	ID apiID `path:"id" doc:"诉求编号"`
}

type messageOutput struct {
	Body *apiMessage
}

func (s *Server) messageOperations(a huma.API) {
	handle(a, huma.Operation{
		OperationID: "receive-message", Method: http.MethodPost, Path: "/messages", Tags: []string{tagMessages},
		DefaultStatus: http.StatusCreated,
		Summary:       "登记一条诉求",
		Description: "保存来电和诉求，当即给出智能推荐和即时答复。返回 201 表示新登记；" +
			"同一渠道同一编号早已登记时返回 200 和第一次的结果。推荐暂时算不出来时诉求照样保存，推荐稍后补上。",
	}, s.takeMessage)
	handle(a, huma.Operation{
		OperationID: "get-message", Method: http.MethodGet, Path: "/messages/{id}", Tags: []string{tagMessages},
		Summary: "取一条诉求", Description: "诉求的全部内容（已隐去个人信息），以及每件事最新的智能推荐和即时答复。",
	}, s.giveMessage)
	known := a.OpenAPI().Paths[apiRoot+"/messages"].Post
	known.Responses["200"] = &huma.Response{Description: "早已登记，这是第一次的结果", Content: known.Responses["201"].Content}
}

// takeMessage stores a delivery and answers with what was made of it.
func (s *Server) takeMessage(ctx context.Context, actor org.Actor, in *receiveInput) (*receiveOutput, error) {
	finder, err := s.factFinderNow(ctx)
	if err != nil {
		return nil, err
	}
	r, suggestions, answers, err := s.o.Taker.Take(ctx, actor, in.Body.delivery())
	if err != nil {
		return nil, err
	}
	out := &receiveOutput{Status: http.StatusCreated, Body: apiReceipt{Contact: r.Contact, Duplicate: r.Duplicate}}
	if r.Duplicate {
		out.Status = http.StatusOK
	}
	if r.Message == nil {
		return out, nil
	}
	if out.Body.Receipt, err = s.receiptFor(ctx, r.Message.ID); err != nil {
		return nil, err
	}
	out.Body.Message = newAPIMessage(*r.Message, finder)
	out.Location = apiRoot + "/messages/" + string(r.Message.ID)
	if r.Duplicate {
		return out, s.complete(ctx, actor, out.Body.Message)
	}
	out.Body.Message.add(suggestions, answers)
	return out, nil
}

// receiptFor gives the code of a message to whoever has just handed it in.
func (s *Server) receiptFor(ctx context.Context, m intake.MessageID) (string, error) {
	if s.o.Arrivals == nil || m == "" {
		return "", nil
	}
	return s.o.Arrivals.ReceiptFor(ctx, m)
}

// add puts suggestions and answers to the matters they were made for.
func (m *apiMessage) add(suggestions []classifier.Suggestion, answers []kb.InstantAnswer) {
	for i := range m.Matters {
		for _, s := range suggestions {
			if s.Matter == m.Matters[i].ID {
				m.Matters[i].Suggestion = newAPISuggestion(s)
			}
		}
		for _, a := range answers {
			if a.Matter == m.Matters[i].ID {
				m.Matters[i].Answer = newAPIAnswer(a)
			}
		}
	}
}

// complete reads the suggestion and answer of each matter from the store.
func (s *Server) complete(ctx context.Context, actor org.Actor, m *apiMessage) error {
	for i := range m.Matters {
		f, err := s.o.Desk.File(ctx, actor, m.Matters[i].ID)
		if err != nil {
			return err
		}
		if f.Suggestion != nil {
			m.Matters[i].Suggestion = newAPISuggestion(*f.Suggestion)
		}
		if m.Matters[i].Answer, err = s.storedAnswer(ctx, actor, m.Matters[i].ID); err != nil {
			return err
		}
	}
	return nil
}

// storedAnswer gives a matter's latest instant answer, nil while it was not
// asked.
func (s *Server) storedAnswer(ctx context.Context, actor org.Actor, matter intake.MatterID) (*apiAnswer, error) {
	a, err := s.o.Answers.InstantAnswer(ctx, actor, matter)
	switch {
	case err == nil:
		return newAPIAnswer(a), nil
	case errs.KindOf(err) == errs.NotFound:
		return nil, nil //nolint:nilnil // absence is an answer here
	}
	return nil, err
}

// giveMessage answers with a message and what is known of its matters.
func (s *Server) giveMessage(ctx context.Context, actor org.Actor, in *messageInput) (*messageOutput, error) {
	m, err := s.o.Intake.Message(ctx, actor, idOf[intake.MessageID](in.ID))
	if err != nil {
		return nil, err
	}
	finder, err := s.factFinderNow(ctx)
	if err != nil {
		return nil, err
	}
	out := newAPIMessage(m, finder)
	return &messageOutput{Body: out}, s.complete(ctx, actor, out)
}
