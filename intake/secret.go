package intake

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"huying/internal/errs"
	"huying/internal/id"
	"huying/internal/org"
	"huying/internal/seal"
	"huying/internal/text"
)

// Secrecy says whether a message holds what is secret (国家秘密, 工作秘密).
//
// Words that speak of secret papers hold a message before anything is made of
// it: no vector, no suggestion, no asking of the knowledge base or of a language
// model. A vector can be turned back into words, an endpoint that has had them
// cannot be made to forget, and what is learned from spreads; so nothing of the
// kind may happen first and be deleted afterwards. The price is small: such words
// are rare, the matter waits on the desk like any other, and one key says that it
// is not secret, upon which everything is made at once. What a person locks has
// its words taken out of the database and sealed with the original.
type Secrecy string

// The states.
const (
	SecretNo     Secrecy = ""       // nothing says so
	SecretHeld   Secrecy = "held"   // its words say so, nobody has looked
	SecretLocked Secrecy = "locked" // a person has locked it
	SecretClear  Secrecy = "clear"  // a person has looked: it is not
)

// Shut reports whether nothing may be made of the words.
func (s Secrecy) Shut() bool { return s == SecretHeld || s == SecretLocked }

// LockedTitle and LockedText stand for the words of what is locked.
const (
	LockedTitle = "涉密诉求（已封存）"
	LockedText  = "内容可能涉密，已封存，只有指定的人可以查看。"
)

// LockedWords are the masked words of a locked message, as they are to be again
// when it is unlocked.
type LockedWords struct {
	Title   string          `json:"title"`
	Text    string          `json:"text"`
	Place   string          `json:"place"`
	Turns   json.RawMessage `json:"turns,omitempty"`
	Matters []LockedMatter  `json:"matters"`
}

// LockedMatter is one of its matters.
type LockedMatter struct {
	ID    MatterID `json:"id"`
	Title string   `json:"title"`
	Text  string   `json:"text"`
	Place string   `json:"place,omitempty"` // that somebody had put right
}

// A grade alone says little (绝密配方, 秘密花园, 机密不机密的我不管): it speaks of a
// secret beside papers, beside who has or lost them, or with the word for it.
var secretCues = text.MustPhrases(`(?:绝密|机密|秘密)(?:级)?(?:的)?(?:文件|公文|材料|资料|档案|电报|文档|图纸|载体|会议纪要|内容|信息|通知|级)` +
	`|(?:涉密|国家秘密|工作秘密|军事(?:秘密|机密)|国家机密|党和国家的?秘密|军事禁区|密级|密件|红头密件)` +
	`|(?:标(?:有|着|注)|盖(?:有|着)|写着|印着)[^，。！？；\n]{0,4}(?:绝密|机密|秘密|内部文件)` +
	`|(?:内部(?:文件|资料|材料))[^。！？；\n]{0,12}(?:泄露|外泄|流出|不得外传|严禁外传|不能外传|拍照|发到)` +
	`|(?:部队|军队|武警|导弹|军工|军用|雷达站|军港)[^。！？；\n]{0,10}(?:部署|番号|驻地|坐标|调动|演习计划|图纸|编制)`)

// What speaks of secrets without holding one: asking about the law, training,
// posts, and commerce.
var noSecret = text.MustPhrases(`保密(?:法|教育|宣传|培训|观|协议|局|员|柜|资质|承诺)|商业(?:秘密|机密)|(?:不|没有?|并非|非|不是|不涉及?)涉?密|涉密(?:岗位|人员|资质|计算机|单位)[^。！？；\n]{0,10}(?:条件|待遇|工资|招聘|报考|辞职|离职|办理|申请|要求)|秘密花园|绝密配方|机密配方` +
	`|[“"‘「『]国家(?:机密|秘密)[”"’」』]|不是(?:什么)?(?:国家)?(?:机密|秘密)|(?:是|像|成了?|难道)(?:什么|个)?(?:国家)?(?:机密|秘密)(?:吗|么|一样|似的|不成)`)

// SaysSecret reports whether words speak of state or work secrets as of
// something that the message may hold. What it takes for one too many costs a
// person one key; what it misses a person can still lock.
func SaysSecret(title, body string) bool {
	for _, clause := range strings.FieldsFunc(title+"\n"+body, func(c rune) bool { return strings.ContainsRune("。！？!?\n", c) }) {
		if secretCues.MatchString(clause) && !noSecret.MatchString(clause) {
			return true
		}
	}
	return false
}

// SecretLock is what is known of a locked message beside its words.
type SecretLock struct {
	Message  MessageID
	Matter   MatterID // the first of it
	Channel  Channel
	Received time.Time
	Why      string
	Readers  []org.AccountID
	By       org.AccountID
	At       time.Time
	LiftBy   org.AccountID // who asks for it to be unlocked; empty: nobody
	LiftWhy  string
	LiftAt   time.Time
	Names    map[org.AccountID]string // of everybody above; only in what the store gives
}

// MayRead reports whether somebody is named as a reader. Standing in for one is
// not being one.
func (l SecretLock) MayRead(actor org.Actor) bool { return slices.Contains(l.Readers, actor.Account) }

// Reseal gives what is to be kept sealed of a message: from what is sealed now
// and, to lock it, its masked words; to unlock it words is nil and those that
// were sealed with it come back.
type Reseal func(m MessageID, sealed []byte, words *LockedWords) (key string, resealed []byte, before *LockedWords, err error)

// SecretStore keeps what is locked. Each change writes its audit line in the
// same transaction.
type SecretStore interface {
	// LockMessage takes the words of a message out of everything that is kept
	// and seals them: message, matters, turns, suggestions, answers, vectors,
	// examples, rounds, kept answers of language models. errs.NotFound
	// "message.not_found" without an original; errs.Conflict "secret.locked".
	LockMessage(ctx context.Context, l SecretLock, reseal Reseal, line org.Audit) error
	// AskUnlock notes who asks, once; errs.Conflict "secret.asked", errs.NotFound
	// "secret.not_locked".
	AskUnlock(ctx context.Context, l SecretLock, line org.Audit) error
	// UnlockMessage gives a message its words back when somebody other than by
	// has asked for it; errs.Forbidden "secret.own", errs.Conflict
	// "secret.not_asked", errs.NotFound "secret.not_locked".
	UnlockMessage(ctx context.Context, m MessageID, by org.AccountID, reseal Reseal, line org.Audit) error
	// ClearMessage notes that what is held is not secret; its suggestions are to
	// be made. errs.Conflict "secret.not_held".
	ClearMessage(ctx context.Context, m MessageID, line org.Audit) error
	// SecretLocks gives those that are locked, the latest first.
	SecretLocks(ctx context.Context, limit int) ([]SecretLock, error)
	// AccountsNamed gives the accounts of logins, in their order; errs.NotFound
	// "account.not_found" for one that is none.
	AccountsNamed(ctx context.Context, logins []string) ([]org.AccountID, error)
}

// Secrets is where people lock what is secret. It is safe for concurrent use.
type Secrets struct {
	store SecretStore
	keys  Keys
	now   func() time.Time
}

// NewSecrets makes Secrets.
func NewSecrets(store SecretStore, keys Keys, now func() time.Time) *Secrets {
	return &Secrets{store, keys, now}
}

// Bounds of locks.
const (
	maxSecretWhy  = 200 // characters
	maxReaders    = 10
	secretsListed = 200
)

// Lock locks a message. logins name who may read it, at least one.
func (s *Secrets) Lock(ctx context.Context, actor org.Actor, m MessageID, why string, logins []string) error {
	if err := org.Can(actor, org.ActLock); err != nil {
		return err
	}
	l := SecretLock{Message: m, Why: strings.TrimSpace(why), By: actor.Account, At: s.now()}
	faults := checkSecretWhy(m, l.Why, "为什么认为涉密")
	if len(logins) == 0 {
		faults = append(faults, errs.New(errs.Invalid, "field.required", "谁可以查看").In("readers"))
	}
	if len(logins) > maxReaders {
		faults = append(faults, errs.New(errs.Invalid, "field.too_many", "可以查看的人", maxReaders).In("readers"))
	}
	if err := faults.OrNil(); err != nil {
		return err
	}
	var err error
	if l.Readers, err = s.store.AccountsNamed(ctx, logins); err != nil {
		return err
	}
	l.Why, _ = text.Mask(text.Normalise(l.Why))
	return s.store.LockMessage(ctx, l, s.reseal, org.Audit{
		At: l.At, Actor: l.By, Action: "lock_secret", Object: "message:" + string(m), Detail: "可查看：" + strings.Join(logins, "、"),
	})
}

func checkSecretWhy(m MessageID, why, label string) errs.List {
	var faults errs.List
	if !id.Valid(m) {
		faults = append(faults, errs.New(errs.NotFound, "message.not_found"))
	}
	switch {
	case why == "":
		faults = append(faults, errs.New(errs.Invalid, "field.required", label).In("why"))
	case runes(why) > maxSecretWhy:
		faults = append(faults, errs.New(errs.Invalid, "field.too_long", label, maxSecretWhy).In("why"))
	}
	return faults
}

// AskUnlock asks for a message to be unlocked; somebody else agrees by Unlock.
func (s *Secrets) AskUnlock(ctx context.Context, actor org.Actor, m MessageID, why string) error {
	if err := org.Can(actor, org.ActLock); err != nil {
		return err
	}
	why = strings.TrimSpace(why)
	if err := checkSecretWhy(m, why, "为什么解除").OrNil(); err != nil {
		return err
	}
	l := SecretLock{Message: m, LiftBy: actor.Account, LiftWhy: why, LiftAt: s.now()}
	return s.store.AskUnlock(ctx, l, org.Audit{At: l.LiftAt, Actor: l.LiftBy, Action: "ask_unlock", Object: "message:" + string(m), Detail: why})
}

// Unlock agrees to what somebody else has asked for. The words are there again,
// and its suggestions are made like those of what has just come in.
func (s *Secrets) Unlock(ctx context.Context, actor org.Actor, m MessageID) error {
	if err := org.Can(actor, org.ActLock); err != nil {
		return err
	}
	if !id.Valid(m) {
		return errs.New(errs.NotFound, "message.not_found")
	}
	return s.store.UnlockMessage(ctx, m, actor.Account, s.reseal, org.Audit{
		At: s.now(), Actor: actor.Account, Action: "unlock_secret", Object: "message:" + string(m),
	})
}

// Clear says that what was held because of its words is not secret.
func (s *Secrets) Clear(ctx context.Context, actor org.Actor, m MessageID) error {
	if err := org.Can(actor, org.ActLock); err != nil {
		return err
	}
	if !id.Valid(m) {
		return errs.New(errs.NotFound, "message.not_found")
	}
	return s.store.ClearMessage(ctx, m, org.Audit{At: s.now(), Actor: actor.Account, Action: "clear_secret", Object: "message:" + string(m)})
}

// List gives what is locked, the latest first, without its words.
func (s *Secrets) List(ctx context.Context, actor org.Actor) ([]SecretLock, error) {
	if err := org.Can(actor, org.ActLock); err != nil {
		return nil, err
	}
	return s.store.SecretLocks(ctx, secretsListed)
}

func (s *Secrets) reseal(m MessageID, sealed []byte, words *LockedWords) (string, []byte, *LockedWords, error) {
	o, err := OpenOriginal(s.keys, m, sealed)
	if err != nil {
		return "", nil, nil, err
	}
	keys, err := s.keys.Keys()
	if err != nil {
		return "", nil, nil, err
	}
	before := o.Locked
	o.Locked = words
	resealed, err := sealWords(keys[0], m, o)
	return keys[0].ID(), resealed, before, err
}

// sealWords seals an original whose phone is known already.
func sealWords(key *seal.Sealer, m MessageID, o Original) ([]byte, error) {
	sealed, _, err := SealOriginal(key, m, o)
	return sealed, err
}
