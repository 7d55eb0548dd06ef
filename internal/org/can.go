package org

import (
	"slices"
	"time"

	"huying/internal/errs"
)

// AccountID identifies an Account.
type AccountID string

// Role says what an account is for. A role has everything it needs and
// nothing else; an account has one or several, see Roles.
type Role string

// The roles.
const (
	RoleAgent  Role = "agent"  // 话务员: takes calls, asks the knowledge base, decides, calls citizens back
	RoleEditor Role = "editor" // 知识采编员: also edits knowledge and notices
	RoleAdmin  Role = "admin"  // 管理员: also catalogue, units, accounts, tokens
	RoleUnit   Role = "unit"   // 承办人员: of a handling unit, works on its cases and sees no others
	RoleLeader Role = "leader" // 领导: reads what is important, and gives instructions
	RoleBot    Role = "bot"    // 问答机器人: a citizens' bot or page; asks and hands over, reads nothing else

	RoleDispatcher Role = "dispatcher" // 派单员: decides on returns, extensions, closing and disputes of all units
	RoleSupervisor Role = "supervisor" // 督办员 (值班主管、质检): orders, reminds, judges appeals and what is said of the hotline itself

	RolePrivacy Role = "privacy" // 隐私专员: who saw whose data, what is disclosed, kept and deleted; decides nothing else
)

// Label is the role's name on screen.
func (r Role) Label() string {
	switch r {
	case RoleAgent:
		return "话务员"
	case RoleDispatcher:
		return "派单员"
	case RoleSupervisor:
		return "督办员"
	case RoleEditor:
		return "知识采编员"
	case RoleAdmin:
		return "管理员"
	case RoleUnit:
		return "承办人员"
	case RoleLeader:
		return "领导"
	case RoleBot:
		return "问答机器人"
	case RolePrivacy:
		return "隐私专员"
	}
	return string(r)
}

// Account is a person's or a system's way in.
type Account struct {
	ID           AccountID
	Login        string
	Name         string
	Roles        Roles
	Unit         UnitID    // empty: belongs to the hotline itself
	PasswordHash string    // PHC string of Argon2id, of older ones bcrypt; empty for an account that only has tokens
	OnceUntil    time.Time // the password was given by somebody else: to be changed at the first sign-in, until then; zero: their own
	Disabled     bool
	CreatedAt    time.Time
}

// Actor is who acts now: an account that signed in on a page, or a token of
// the API with the channels it may deliver on.
type Actor struct {
	Account  AccountID
	Login    string
	Name     string
	Roles    Roles // while it stands in for somebody: those that both have
	Unit     UnitID
	For      AccountID // whom they stand in for, in whose unit; empty: nobody
	ForName  string
	Home     UnitID   // own unit, while standing in for somebody; otherwise empty
	Channels []string // non-empty: a token bound to these channels
}

// Action is something that not everybody may do.
type Action string

// The actions that exist.
const (
	ActReceive         Action = "receive"          // store a contact or message
	ActReadMessages    Action = "read_messages"    // masked messages, queue, suggestions
	ActReadOriginal    Action = "read_original"    // a message's words and contact in clear; audited
	ActDecide          Action = "decide"           // confirm, correct, decline, undo, send to a reviewer
	ActOversee         Action = "oversee"          // decide on what is said of the hotline itself
	ActLock            Action = "lock"             // lock what is secret, ask for it to be unlocked, agree to that; reading it is for who is named
	ActReturn          Action = "return"           // note that a unit gave a matter back
	ActReview          Action = "review"           // see the reviewer's queue
	ActAsk             Action = "ask"              // search the knowledge base, hit test
	ActEditKnowledge   Action = "edit_knowledge"   // entries and notices
	ActReviewKnowledge Action = "review_knowledge" // approve, send back and verify entries that somebody else wrote
	ActReadCatalogue   Action = "read_catalogue"
	ActReadVersions    Action = "read_versions"  // versions of the catalogue, their differences, export
	ActEditCatalogue   Action = "edit_catalogue" // import versions, publish, units, areas
	ActReadAccuracy    Action = "read_accuracy"
	ActSetAside        Action = "set_aside"      // leave a person's decisions out of what is learned from
	ActManage          Action = "manage"         // accounts and tokens
	ActOwnToken        Action = "own_token"      // make, see and end tokens of one's own account, where nobody else may make any
	ActReadLooks       Action = "read_looks"     // who saw a person's data; audited
	ActDisclose        Action = "disclose"       // decide whether a person of a unit sees a citizen's contact
	ActReviewContact   Action = "review_contact" // say whether it was right to open a contact before asking
	ActKeep            Action = "keep"           // how long personal data are kept, what is kept in spite of that
	ActSubject         Action = "subject"        // give a citizen what is held of them, correct it, erase it
	ActReadCases       Action = "read_cases"     // cases: all, or those of one's unit
	ActReadAllCases    Action = "read_all"       // cases of every unit
	ActHandle          Action = "handle"         // accept, answer, return cases of one's unit
	ActDispatch        Action = "dispatch"       // decide on returns and extensions, check what is to be closed
	ActCallBack        Action = "call_back"      // call citizens about a case, and note on it what they and other platforms say
	ActSupervise       Action = "supervise"      // remind and order units, judge their appeals
	ActReadScripts     Action = "read_scripts"   // the words of callbacks
	ActWriteScripts    Action = "write_scripts"  // change them
	ActReadLoads       Action = "read_loads"     // what each unit has to do, and its rates
	ActInstruct        Action = "instruct"       // instruct (批示) on what is important
	ActFormGroup       Action = "form_group"     // form a work group, and see which there are
	ActSummon          Action = "summon"         // call units to a place, or come
	ActWatchSummons    Action = "watch_summons"  // see who was called and came
	ActPatrol          Action = "patrol"         // report what is seen in the street
	ActReadAlerts      Action = "read_alerts"    // one's own alerts, and by what means one is told
	ActWatchChases     Action = "watch_chases"   // what is late and who was told of it; the accountability list
	ActArchive         Action = "archive"        // take cases out, to be kept elsewhere; audited
	ActConverse        Action = "converse"       // put a citizen's questions, without a person in between
	ActReward          Action = "reward"         // confirm that a case earns a reward; see budget and list
	ActRewardRule      Action = "reward_rule"    // what earns, budgets, payment
	ActLabel           Action = "label"          // propose, approve and lift a harassment label
	ActReadLabels      Action = "read_labels"    // see who has one

	ActAppoint         Action = "appoint"          // name the unit that handles a case (指定办): of people of units, heads of one above
	ActReadPrecedents  Action = "read_precedents"  // how disputes over duty were ruled
	ActRepealPrecedent Action = "repeal_precedent" // say that a ruling holds no longer
)

var allowed = map[Action][]Role{
	ActReceive:         {RoleAgent, RoleEditor, RoleAdmin, RoleBot},
	ActReadMessages:    {RoleAgent, RoleDispatcher, RoleSupervisor, RoleEditor, RoleAdmin},
	ActReadOriginal:    {RoleAgent, RoleDispatcher, RoleSupervisor, RoleAdmin},
	ActDecide:          {RoleAgent, RoleDispatcher, RoleSupervisor, RoleAdmin},
	ActOversee:         {RoleSupervisor, RoleAdmin},
	ActLock:            {RoleAgent, RoleDispatcher, RoleSupervisor, RoleAdmin},
	ActReturn:          {RoleDispatcher, RoleAdmin},
	ActReview:          {RoleSupervisor, RoleEditor, RoleAdmin},
	ActAsk:             {RoleAgent, RoleDispatcher, RoleSupervisor, RoleEditor, RoleAdmin},
	ActEditKnowledge:   {RoleEditor, RoleAdmin},
	ActReviewKnowledge: {RoleEditor, RoleAdmin},
	ActReadCatalogue:   {RoleAgent, RoleDispatcher, RoleSupervisor, RoleEditor, RoleAdmin},
	ActReadVersions:    {RoleEditor, RoleAdmin},
	ActEditCatalogue:   {RoleAdmin},
	ActReadAccuracy:    {RoleAgent, RoleDispatcher, RoleSupervisor, RoleEditor, RoleAdmin},
	ActSetAside:        {RoleAdmin},
	ActManage:          {RoleAdmin},
	ActOwnToken:        {RolePrivacy},
	ActReadLooks:       {RoleAdmin, RolePrivacy},
	ActDisclose:        {RoleAgent, RoleDispatcher, RoleAdmin, RolePrivacy},
	ActReviewContact:   {RolePrivacy},
	ActKeep:            {RoleAdmin, RolePrivacy},
	ActSubject:         {RolePrivacy},
	ActReadCases:       {RoleAgent, RoleDispatcher, RoleSupervisor, RoleEditor, RoleAdmin, RoleUnit, RoleLeader, RolePrivacy},
	ActReadAllCases:    {RoleAgent, RoleDispatcher, RoleSupervisor, RoleEditor, RoleAdmin, RoleLeader, RolePrivacy},
	ActHandle:          {RoleUnit},
	ActDispatch:        {RoleDispatcher, RoleAdmin},
	ActCallBack:        {RoleAgent, RoleDispatcher, RoleAdmin},
	ActSupervise:       {RoleDispatcher, RoleSupervisor, RoleAdmin},
	ActReadScripts:     {RoleAgent, RoleDispatcher, RoleSupervisor, RoleLeader, RoleAdmin},
	ActWriteScripts:    {RoleSupervisor, RoleAdmin},
	ActReadLoads:       {RoleDispatcher, RoleSupervisor, RoleAdmin},
	ActInstruct:        {RoleLeader},
	ActFormGroup:       {RoleDispatcher, RoleAdmin, RoleUnit},
	ActSummon:          {RoleUnit},
	ActWatchSummons:    {RoleDispatcher, RoleSupervisor, RoleAdmin, RoleLeader},
	ActPatrol:          {RoleUnit},
	ActReadAlerts:      {RoleAgent, RoleDispatcher, RoleSupervisor, RoleEditor, RoleAdmin, RoleUnit, RoleLeader, RolePrivacy},
	ActWatchChases:     {RoleDispatcher, RoleSupervisor, RoleAdmin, RoleLeader},
	ActArchive:         {RoleAdmin},
	ActConverse:        {RoleAgent, RoleEditor, RoleAdmin, RoleBot},
	ActReward:          {RoleDispatcher, RoleAdmin},
	ActRewardRule:      {RoleAdmin},
	ActLabel:           {RoleAgent, RoleSupervisor, RoleAdmin},
	ActReadLabels:      {RoleAgent, RoleSupervisor, RoleAdmin, RolePrivacy},
	ActAppoint:         {RoleLeader, RoleAdmin, RoleUnit},
	ActReadPrecedents:  {RoleAgent, RoleDispatcher, RoleSupervisor, RoleEditor, RoleAdmin, RoleUnit, RoleLeader},
	ActRepealPrecedent: {RoleAdmin},
}

// Can answers whether the actor may do the action by one of their roles: nil,
// or an errs.Forbidden that says so. Every stage asks it first; handlers do not.
func Can(actor Actor, action Action) error {
	if slices.ContainsFunc(allowed[action], actor.Roles.Has) {
		return nil
	}
	return errs.New(errs.Forbidden, "role.forbidden", actor.Roles.Label())
}

// Is reports whether the actor is the account, or stands in for it.
func (a Actor) Is(account AccountID) bool {
	return account != "" && (a.Account == account || a.For == account)
}

// CanOn is Can for something that belongs to a channel: a token bound to
// channels may touch only those.
func CanOn(actor Actor, action Action, channel string) error {
	if err := Can(actor, action); err != nil {
		return err
	}
	if len(actor.Channels) > 0 && !slices.Contains(actor.Channels, channel) {
		return errs.New(errs.Forbidden, "token.channel", channel)
	}
	return nil
}

// Audit is one line of the append-only log of who did what to whom.
type Audit struct {
	At     time.Time
	Actor  AccountID
	Action string // a short verb, such as "read_original"
	Object string // what it was done to, such as "message:<id>"
	Detail string // free text in Chinese; never personal data
}
