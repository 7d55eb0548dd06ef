package org

import (
	"slices"
	"testing"

	"huying/internal/errs"
)

// TestWhoMayWhat is the whole table: every action, and the roles that may.
func TestWhoMayWhat(t *testing.T) {
	roles := []Role{RoleAgent, RoleDispatcher, RoleSupervisor, RoleEditor, RoleAdmin, RoleUnit, RoleLeader, RoleBot, RolePrivacy}
	tests := map[Action][]Role{
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
	for action := range allowed {
		if _, ok := tests[action]; !ok {
			t.Errorf("action %s is not in this table", action)
		}
	}
	for action, may := range tests {
		for _, role := range roles {
			err := Can(Actor{Account: "x", Roles: Roles{role}}, action)
			switch {
			case slices.Contains(may, role) && err != nil:
				t.Errorf("%s may not %s: %v", role, action, err)
			case !slices.Contains(may, role) && errs.CodeOf(err) != "role.forbidden":
				t.Errorf("%s may %s: %v", role, action, err)
			}
		}
		for _, role := range []Role{"", "root", "Admin"} {
			if err := Can(Actor{Account: "x", Roles: Roles{role}}, action); errs.KindOf(err) != errs.Forbidden {
				t.Errorf("role %q may %s: %v", role, action, err)
			}
		}
	}
	if err := Can(Actor{Roles: Roles{RoleAdmin}}, "invented"); errs.KindOf(err) != errs.Forbidden {
		t.Errorf("an action that does not exist: %v", err)
	}
}

func TestTokenIsBoundToItsChannels(t *testing.T) {
	tests := []struct {
		name     string
		role     Role
		channels []string
		want     errs.Code // empty: allowed
	}{
		{"person", RoleAgent, nil, ""},
		{"token of this channel", RoleAgent, []string{"web", "app"}, ""},
		{"token of another", RoleAgent, []string{"app"}, "token.channel"},
		{"right channel, no role", "", []string{"web"}, "role.forbidden"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := CanOn(Actor{Roles: Roles{tt.role}, Channels: tt.channels}, ActReceive, "web")
			if (err == nil) != (tt.want == "") || err != nil && errs.CodeOf(err) != tt.want {
				t.Errorf("got %v", err)
			}
		})
	}
}
