package server

import (
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// apiID is an identifier in a request. What it identifies is the operation's
// to say; idOf gives it a type.
type apiID string

// Schema is huma.SchemaProvider: the canonical form of a UUID, nothing else.
func (apiID) Schema(huma.Registry) *huma.Schema {
	const hex = "[0-9a-fA-F]"
	return &huma.Schema{
		Type: huma.TypeString, Format: "uuid",
		Pattern:            "^" + hex + "{8}-" + hex + "{4}-" + hex + "{4}-" + hex + "{4}-" + hex + "{12}$",
		PatternDescription: "uuid",
	}
}

// idOf gives an identifier its type, in the form in which it is stored.
func idOf[T ~string](id apiID) T { return T(strings.ToLower(string(id))) }

// idsOf is idOf for several.
func idsOf[T ~string](ids []apiID) []T {
	out := make([]T, len(ids))
	for i, id := range ids {
		out[i] = idOf[T](id)
	}
	return out
}

// utc writes a time as the store keeps it, to the microsecond, so that the
// first answer and all later ones say the same.
func utc(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// whenKnown is utc, and nil for the zero time, so that it is left out.
func whenKnown(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = utc(t)
	return &t
}

// listed gives an empty list for nil: in answers a list is never null.
func listed[T any](all []T) []T {
	if all == nil {
		return []T{}
	}
	return all
}

// The sections of the description.
const (
	tagMessages  = "诉求"
	tagMatters   = "受理"
	tagCases     = "办理"
	tagKnowledge = "知识"
	tagCatalogue = "清单"
	tagRewards   = "奖励"
	tagPrivacy   = "个人信息"
	tagAccount   = "统计与账号"
)
