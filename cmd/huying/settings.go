package main

import (
	"log/slog"
	"net"
	"net/url"
	"path/filepath"
	"strconv"

	"huying/classifier"
	"huying/internal/errs"
)

// Settings is what can be set, each by flag and by the environment variable in
// its var tag. A wrong value is refused at start with its name.
type Settings struct {
	Home        string `name:"home" var:"HUYING_HOME" placeholder:"目录" help:"缓存和数据的根目录；不设时 root 用 /var/lib/huying，其他用户用各自的缓存和数据目录"`
	DatabaseURL string `name:"database-url" var:"DATABASE_URL" placeholder:"地址" help:"使用已有的 PostgreSQL（16 或更新，pgvector 0.8 或更新）；不设时自带一个"`
	PG          string `name:"pg" var:"HUYING_PG" default:"18" placeholder:"版本" help:"自带 PostgreSQL 的大版本：16 或 18"`
	KeyFile     string `name:"key-file" var:"HUYING_KEY_FILE" placeholder:"文件" help:"原文的加密密钥文件；不设时在数据目录内自动生成"`
	Key         string `name:"key" var:"HUYING_KEY" placeholder:"BASE64" help:"直接给出加密密钥（32 字节的 base64；几把以逗号相隔，新的在前），优先于密钥文件"`
	EmbedURL    string `name:"embed-url" var:"HUYING_EMBED_URL" placeholder:"地址" help:"使用 OpenAI 兼容的向量接口；不设时用本地模型"`
	EmbedModel  string `name:"embed-model" var:"HUYING_EMBED_MODEL" placeholder:"名称" help:"向量接口的模型名"`
	EmbedKey    string `name:"embed-key" var:"HUYING_EMBED_KEY" placeholder:"密钥" help:"向量接口的密钥，可不设"`
	EmbedDim    int    `name:"embed-dim" var:"HUYING_EMBED_DIM" placeholder:"维数" help:"向量接口的维数"`
	Blind       string `name:"blind" var:"HUYING_BLIND" default:"0.02" placeholder:"比例" help:"抽多少办过的诉求请第二个人不看推荐复判：0 到 0.05，0 为不抽"`
	LogLevel    string `name:"log-level" var:"HUYING_LOG_LEVEL" placeholder:"级别" help:"日志级别：debug、info、warn、error；不设时 serve 和 work 用 info，其余命令用 warn"`

	NotifySettings `embed:""`
	PaySettings    `embed:""`
	LLMSettings    `embed:""`
	CaseSettings   `embed:""`

	Floor float64 `name:"review-below" var:"HUYING_REVIEW_BELOW" default:"0.4" placeholder:"概率" help:"首选事项的概率低于它就说无把握，并列入审核队列，0–1"`
}

// check refuses a wrong setting by its name.
func (s Settings) check() error {
	bad := func(name, value string) error {
		return errs.New(errs.Invalid, "setting.invalid", name, value)
	}
	if s.PG != "16" && s.PG != "18" {
		return bad("--pg / HUYING_PG", s.PG)
	}
	if u, err := url.Parse(s.DatabaseURL); s.DatabaseURL != "" && (err != nil || (u.Scheme != "postgres" && u.Scheme != "postgresql")) {
		return errs.New(errs.Invalid, "setting.database_url")
	}
	if s.EmbedURL != "" {
		u, err := url.Parse(s.EmbedURL)
		switch {
		case err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "":
			return bad("--embed-url / HUYING_EMBED_URL", s.EmbedURL)
		case s.EmbedModel == "":
			return errs.New(errs.Invalid, "setting.missing", "--embed-model / HUYING_EMBED_MODEL", "HUYING_EMBED_URL")
		case s.EmbedDim < 1 || s.EmbedDim > 4000:
			return errs.New(errs.Invalid, "setting.missing", "--embed-dim / HUYING_EMBED_DIM（1–4000）", "HUYING_EMBED_URL")
		}
	} else if s.EmbedModel != "" || s.EmbedDim != 0 || s.EmbedKey != "" {
		return errs.New(errs.Invalid, "setting.missing", "--embed-url / HUYING_EMBED_URL", "HUYING_EMBED_MODEL")
	}
	if _, err := s.blindShare(); err != nil {
		return err
	}
	if err := s.NotifySettings.check(); err != nil {
		return err
	}
	if err := s.PaySettings.check(); err != nil {
		return err
	}
	if err := s.LLMSettings.check(); err != nil {
		return err
	}
	if err := s.CaseSettings.check(); err != nil {
		return err
	}
	if s.Home != "" && !filepath.IsAbs(s.Home) {
		return bad("--home / HUYING_HOME", s.Home)
	}
	if !(s.Floor >= 0 && s.Floor <= 1) {
		return bad("--review-below / HUYING_REVIEW_BELOW", strconv.FormatFloat(s.Floor, 'g', -1, 64))
	}
	var level slog.Level
	if s.LogLevel != "" && level.UnmarshalText([]byte(s.LogLevel)) != nil {
		return bad("--log-level / HUYING_LOG_LEVEL", s.LogLevel)
	}
	return nil
}

// blindShare is the share of matters that are drawn for a blind reading.
func (s Settings) blindShare() (float64, error) {
	share, err := strconv.ParseFloat(s.Blind, 64)
	if err != nil || !(share >= 0 && share <= classifier.MaxBlind) {
		return 0, errs.New(errs.Invalid, "setting.blind", s.Blind)
	}
	return share, nil
}

// level is what is logged: as set, or what suits the command. A command that
// ends by itself has said what matters in its output.
func (s Settings) level(serves bool) slog.Level {
	var level slog.Level
	switch err := level.UnmarshalText([]byte(s.LogLevel)); {
	case err == nil:
		return level
	case serves:
		return slog.LevelInfo
	}
	return slog.LevelWarn
}

// checkListen refuses an address that cannot be listened on by form.
func checkListen(addr string) error {
	if _, port, err := net.SplitHostPort(addr); err != nil || port == "" {
		return errs.New(errs.Invalid, "setting.invalid", "--listen / HUYING_LISTEN", addr)
	}
	return nil
}
