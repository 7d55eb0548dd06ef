package postgres

import (
	"huying/casework"
	"huying/classifier"
	"huying/intake"
	"huying/internal/org"
	"huying/internal/work"
	"huying/kb"
	"huying/privacy"
)

// What the stages ask for.
var (
	_ org.AccountStore           = (*DB)(nil)
	_ intake.Store               = (*DB)(nil)
	_ intake.ReplyStore          = (*DB)(nil)
	_ classifier.DeskStore       = (*DB)(nil)
	_ classifier.BlindStore      = (*DB)(nil)
	_ classifier.TrendStore      = (*DB)(nil)
	_ classifier.LeafStore       = (*DB)(nil)
	_ classifier.ReviewStore     = (*DB)(nil)
	_ classifier.SplitStore      = (*DB)(nil)
	_ classifier.SuggestStore    = (*DB)(nil)
	_ classifier.ReturnStore     = (*DB)(nil)
	_ classifier.PeopleStore     = (*DB)(nil)
	_ classifier.GapStore        = (*DB)(nil)
	_ classifier.TrainStore      = (*DB)(nil)
	_ classifier.ModelStore      = (*DB)(nil)
	_ classifier.DraftStore      = (*DB)(nil)
	_ classifier.ReplayStore     = (*DB)(nil)
	_ classifier.LeftoverStore   = (*DB)(nil)
	_ casework.WorkdayStore      = (*DB)(nil)
	_ casework.OutboxStore       = (*DB)(nil)
	_ casework.NotificationStore = (*DB)(nil)
	_ kb.Store                   = (*DB)(nil)
	_ kb.LibraryStore            = (*DB)(nil)
	_ kb.EditStore               = (*DB)(nil)
	_ kb.UpkeepStore             = (*DB)(nil)
	_ kb.PlanStore               = (*DB)(nil)
	_ kb.NoticeStore             = (*DB)(nil)
	_ kb.AnswerStore             = (*DB)(nil)
	_ kb.RoundStore              = (*DB)(nil)
	_ kb.ProposalDesk            = (*DB)(nil)
	_ kb.GapDesk                 = (*DB)(nil)
	_ kb.PolicyStore             = (*DB)(nil)
	_ kb.ImportStore             = (*DB)(nil)
	_ kb.CheckStore              = (*DB)(nil)
	_ casework.HandOverStore     = (*DB)(nil)
	_ org.CoverStore             = (*DB)(nil)
	_ privacy.KeyStore           = (*DB)(nil)
	_ privacy.RetentionStore     = (*DB)(nil)
	_ privacy.SubjectStore       = (*DB)(nil)
	_ work.Store                 = (*DB)(nil)
	_ work.TalkStore             = (*DB)(nil)
	_ classifier.DeskStore       = (*Cases)(nil)
	_ classifier.ReturnStore     = (*Cases)(nil)
	_ casework.Store             = (*Cases)(nil)
	_ casework.ClockStore        = (*Cases)(nil)
	_ casework.RefusalStore      = (*DB)(nil)
	_ casework.ContactStore      = (*DB)(nil)
	_ casework.MergeStore        = (*Cases)(nil)
	_ casework.AnswerStore       = (*Cases)(nil)
	_ casework.AttachmentStore   = (*DB)(nil)
	_ casework.HeadStore         = (*DB)(nil)
	_ casework.PlaceStore        = (*DB)(nil)
	_ casework.SentStore         = (*DB)(nil)
)
