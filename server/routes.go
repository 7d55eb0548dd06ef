package server

// routes is the whole map of pages.
func (s *Server) routes() {
	a := s.app
	a.Get("/healthz", s.health)
	a.Get("/readyz", s.ready)
	a.Get("/static/*", s.serveStatic)

	a.Get("/signin", s.showSignIn)
	a.Post("/signin", s.signIn)
	a.Post("/signout", s.guarded(s.signOut))

	a.Get("/ask", s.forCitizens(s.startAsk))
	a.Post("/ask", s.forCitizens(s.takeAsk))
	a.Post("/ask/choice", s.forCitizens(s.chooseAsk))
	a.Post("/ask/verdict", s.forCitizens(s.judgeAsk))
	a.Get("/widget.js", s.serveWidget)

	a.Get("/", s.guarded(s.home))
	a.Get("/desk", s.guarded(s.showDesk))
	a.Get("/desk/newer", s.guarded(s.watchQueue))
	a.Get("/desk/units", s.guarded(s.searchUnits))
	a.Get("/desk/:matter", s.guarded(s.showDesk))
	a.Get("/desk/:matter/watch", s.guarded(s.watchMatter))
	a.Get("/desk/:matter/assist", s.guarded(s.assist))
	a.Get("/desk/:matter/modify", s.guarded(s.modify))
	a.Get("/desk/:matter/next", s.guarded(s.showNext))
	a.Post("/desk/:matter/confirm", s.guarded(s.confirm))
	a.Post("/desk/:matter/correct", s.guarded(s.correct))
	a.Post("/desk/:matter/decline", s.guarded(s.decline))
	a.Post("/desk/:matter/undo", s.guarded(s.undo))
	a.Get("/desk/:matter/split", s.guarded(s.showRecut))
	a.Post("/desk/:matter/split", s.guarded(s.split))
	a.Post("/desk/:matter/review", s.guarded(s.sendToReview))
	a.Post("/desk/:matter/verdict", s.guarded(s.verdict))
	a.Post("/desk/:matter/reply", s.guarded(s.noteReply))
	a.Post("/desk/:matter/notice", s.guarded(s.joinNotice))
	a.Post("/desk/:matter/return", s.guarded(s.noteReturn))
	a.Post("/desk/:matter/original", s.guarded(s.readOriginal))

	a.Get("/blind", s.guarded(s.showBlind))
	a.Get("/blind/:matter", s.guarded(s.showBlind))
	a.Get("/blind/:matter/find", s.guarded(s.findBlind))
	a.Post("/blind/:matter", s.guarded(s.readBlind))
	a.Post("/blind/:matter/skip", s.guarded(s.skipBlind))

	a.Get("/messages/new", s.guarded(s.showNew))
	a.Post("/messages", s.guarded(s.receive))

	s.knowledgeRoutes()
	a.Get("/notices", s.guarded(s.showNotices))
	a.Post("/notices", s.guarded(s.pinNotice))

	s.catalogueRoutes()
	if s.o.Cases != nil {
		s.caseRoutes()
	}

	a.Get("/calendar", s.guarded(s.showCalendar))
	a.Post("/calendar", s.guarded(s.importCalendar))
	a.Post("/calendar/check", s.guarded(s.checkCalendar))
	a.Post("/calendar/drop", s.guarded(s.dropDay))
	a.Get("/notifications", s.guarded(s.showNotifications))
	a.Post("/notifications/:notification/again", s.guarded(s.sendAgain))
	a.Get("/looks", s.guarded(s.showLooks))
	a.Post("/looks", s.guarded(s.findLooks))
	s.privacyRoutes()
	a.Get("/staff", s.guarded(s.showStaff))
	a.Post("/staff/accounts/:login/disable", s.guarded(s.disableAccount))
	a.Post("/staff/accounts/:login/enable", s.guarded(s.enableAccount))
	a.Post("/staff/covers", s.guarded(s.setCover))
	a.Post("/staff/covers/:cover/end", s.guarded(s.endCover))
	a.Post("/staff/units/abolish", s.guarded(s.abolishUnit))
	a.Get("/covers", s.guarded(s.showCovers))
	a.Post("/covers", s.guarded(s.actFor))

	a.Get("/llm", s.guarded(s.showLLM))
	a.Post("/llm", s.guarded(s.setLLM))
	a.Post("/llm/switch", s.guarded(s.switchLLM))
	a.Get("/accuracy", s.guarded(s.showAccuracy))
	a.Post("/accuracy/people/:account", s.guarded(s.setAside))
	a.Get("/models", s.guarded(s.showModels))
	a.Post("/models/resume", s.guarded(s.resumeTraining))
	a.Post("/models/:model/use", s.guarded(s.useModel))
}

// privacyRoutes are the pages of privacy officers.
func (s *Server) privacyRoutes() {
	a := s.app
	a.Get("/privacy", s.guarded(s.showPrivacy))
	a.Post("/privacy/rules", s.guarded(s.setRetention))
	a.Post("/privacy/holds", s.guarded(s.holdCase))
	a.Post("/privacy/holds/:hold/release", s.guarded(s.releaseHold))
	a.Get("/privacy/requests", s.guarded(s.showSubjects))
	a.Post("/privacy/requests", s.guarded(s.takeSubject))
	a.Get("/privacy/requests/:request", s.guarded(s.showSubject))
	a.Get("/privacy/requests/:request/export", s.guarded(s.exportSubject))
	a.Post("/privacy/requests/:request/:message/correct", s.guarded(s.correctSubject))
	a.Post("/privacy/requests/:request/:message/erase", s.guarded(s.eraseSubject))
}

// knowledgeRoutes are the pages of entries and their editors.
func (s *Server) knowledgeRoutes() {
	a := s.app
	a.Get("/knowledge", s.guarded(s.showKnowledge))
	a.Post("/knowledge", s.guarded(s.writeEntry))
	a.Get("/knowledge/new", s.guarded(s.showWrite))
	a.Get("/knowledge/tasks", s.guarded(s.showTasks))
	a.Get("/knowledge/units", s.guarded(s.showLoads))
	a.Get("/knowledge/clauses", s.guarded(s.showClauses))
	a.Post("/knowledge/clauses", s.guarded(s.markClause))
	a.Get("/knowledge/export", s.guarded(s.exportKnowledge))
	a.Get("/knowledge/import", s.guarded(s.showImports))
	a.Post("/knowledge/import", s.guarded(s.takeImport))
	a.Get("/knowledge/import/:file", s.guarded(s.showImport))
	a.Post("/knowledge/import/:file", s.guarded(s.confirmImport))
	a.Get("/knowledge/checks", s.guarded(s.showCheck))
	a.Post("/knowledge/checks", s.guarded(s.keepCheck))
	a.Get("/knowledge/policy", s.guarded(s.showPolicy))
	a.Post("/knowledge/policy", s.guarded(s.setBudget))
	a.Get("/knowledge/proposals", s.guarded(s.showProposals))
	a.Get("/knowledge/proposals/:group", s.guarded(s.showProposal))
	a.Post("/knowledge/proposals/:group/take", s.guarded(s.takeProposal))
	a.Post("/knowledge/proposals/:group/extend", s.guarded(s.extendEntry))
	a.Post("/knowledge/proposals/:group/reject", s.guarded(s.rejectProposal))
	a.Get("/knowledge/gaps", s.guarded(s.showUnanswered))
	a.Get("/knowledge/gaps/:group", s.guarded(s.showTopic))
	a.Post("/knowledge/gaps/:group/write", s.guarded(s.writeForTopic))
	a.Get("/knowledge/:entry", s.guarded(s.showEntry))
	a.Get("/knowledge/:entry/edit", s.guarded(s.showWrite))
	a.Post("/knowledge/:entry/edit", s.guarded(s.writeEntry))
	a.Post("/knowledge/:entry/move", s.guarded(s.moveEntry))
	a.Get("/knowledge/:entry/versions", s.guarded(s.showEditions))
	a.Post("/knowledge/:entry/rollback", s.guarded(s.rollBack))
}

// catalogueRoutes are the pages of the catalogue and its versions.
func (s *Server) catalogueRoutes() {
	a := s.app
	a.Get("/catalogue", s.guarded(s.showCatalogue))
	a.Get("/catalogue/topics", s.guarded(s.showGaps))
	a.Post("/catalogue/topics/:gap", s.guarded(s.markGap))
	a.Get("/catalogue/versions", s.guarded(s.showVersions))
	a.Get("/catalogue/versions/:version", s.guarded(s.showDifference))
	a.Get("/catalogue/versions/:version/export", s.guarded(s.exportVersion))
	a.Post("/catalogue/versions/:version/use", s.guarded(s.useVersion))
	a.Post("/catalogue/versions/:version/cancel", s.guarded(s.cancelVersion))
	a.Get(leftoversPath, s.guarded(s.showLeftover))
	a.Post(leftoversPath, s.guarded(s.placeLeftover))
	a.Get("/catalogue/drafts/new", s.guarded(s.showUpload))
	a.Post("/catalogue/drafts", s.guarded(s.uploadDraft))
	a.Get("/catalogue/drafts/:draft", s.guarded(s.showDraft))
	a.Get("/catalogue/drafts/:draft/watch", s.guarded(s.watchReplay))
	a.Post("/catalogue/drafts/:draft/replay", s.guarded(s.askReplay))
	a.Post("/catalogue/drafts/:draft/publish", s.guarded(s.publishDraft))
	a.Post("/catalogue/drafts/:draft/discard", s.guarded(s.discardDraft))
	a.Get("/catalogue/:category", s.guarded(s.showCatalogue))
}

// caseRoutes are the pages of cases, for those who work on them and for the
// citizen.
func (s *Server) caseRoutes() {
	a := s.app
	a.Post("/desk/:matter/place", s.guarded(s.putPlace))
	a.Get("/cases", s.guarded(s.showCases))
	a.Get("/cases/units", s.guarded(s.showCaseloads))
	a.Get("/cases/refusals", s.guarded(s.showRefusals))
	a.Post("/cases/refusals/:decision", s.guarded(s.checkRefusal))
	a.Get("/cases/templates/:category", s.guarded(s.showTemplate))
	a.Post("/cases/templates/:category", s.guarded(s.keepTemplate))
	a.Get("/cases/heads/:unit", s.guarded(s.showHeads))
	a.Post("/cases/heads/:unit", s.guarded(s.setHeads))
	a.Get("/cases/:case", s.guarded(s.showCase))
	a.Post("/cases/:case/files", s.guarded(s.attachFile))
	a.Get("/cases/:case/files/:file", s.guarded(s.readFile))
	a.Post("/cases/:case/contact", s.guarded(s.askContact))
	a.Post("/cases/:case/contact/open", s.guarded(s.openContact))
	a.Post("/cases/:case/contact/:request", s.guarded(s.decideContact))
	a.Post("/cases/:case/:move", s.guarded(s.moveCase))
	a.Get("/grid", s.guarded(s.showGrid))
	a.Get("/grid/:case", s.guarded(s.showTask))
	a.Post("/grid/:case/:move", s.guarded(s.moveTask))
	a.Get("/receipt", s.forHolders(s.askReceipt))
	a.Post("/receipt", s.forHolders(s.findReceipt))
	a.Get("/receipt/:code", s.forHolders(s.showReceipt))
	a.Post("/receipt/:code/chase", s.forHolders(s.chaseReceipt))
	a.Post("/receipt/:code/supplement", s.forHolders(s.supplementReceipt))
	a.Post("/receipt/:code/withdraw", s.forHolders(s.withdrawReceipt))
	a.Post("/receipt/:code/object", s.forHolders(s.objectReceipt))
	a.Post("/receipt/:code/rate", s.forHolders(s.rateReceipt))
	a.Post("/receipt/:code/contest", s.forHolders(s.contestReceipt))
}
