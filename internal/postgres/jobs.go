package postgres

import (
	"context"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"

	"huying/internal/errs"
)

// Jobs are the bodies of what is done again and again, wherever in the cluster
// of processes the queue decides. All may be repeated without harm.
type Jobs struct {
	// CatchUp makes the suggestions that are missing; it returns how many.
	// Every 15 s.
	CatchUp func(context.Context) (int, error)
	// Train makes a new model of the active version, and puts it to use if it
	// is not worse than the one that serves. Asked for every 5 minutes, when
	// TrainingDue says so; one at a time in the whole cluster.
	Train func(context.Context) error
	// Reindex gives vectors of the current embedding model to what has none,
	// and makes its indexes. Every minute; one at a time in the whole cluster.
	Reindex func(context.Context) error
	// Use makes a version of the catalogue serve whose time has come. Every 10
	// s; one at a time in the whole cluster.
	Use func(context.Context) error
	// Replay runs past decisions through a draft of the catalogue, if one waits
	// for it. Every 5 s; one at a time in the whole cluster.
	Replay func(context.Context) error
	// Verify puts knowledge entries to verify whose end has come or whose clause
	// has changed; it returns how many. Every minute.
	Verify func(context.Context) (int, error)
	// Remind handles what is due of cases: reminders, what is late, what was
	// promised; it returns how many. Every 20 s.
	Remind func(context.Context) (int, error)
	// Notify sends what citizens are to be told and is due; it returns how many.
	// Every 15 s; one at a time in the whole cluster, so that the rate holds.
	Notify func(context.Context) (int, error)
	// Pay pays rewards that are due and publishes the seeds whose time has come; it
	// returns how many were paid. Every 15 s; one at a time in the whole cluster.
	Pay func(context.Context) (int, error)
	// Promote takes in what was asked and answered, and proposes what comes again
	// and again as entries. Every 5 minutes; one at a time in the whole cluster.
	Promote func(context.Context) error
	// Refit makes a new answer policy. Asked for every 5 minutes, when PolicyDue
	// says so; one at a time in the whole cluster.
	Refit func(context.Context) error
	// Import brings uploaded files of entries in that were confirmed. Every 5 s;
	// one at a time in the whole cluster.
	Import func(context.Context) error
	// Drift logs what people keep less often than before. Once a day.
	Drift func(context.Context) error
	// Retain deletes what is past its date; it returns how much. Once a day; one
	// at a time in the whole cluster.
	Retain func(context.Context) (int, error)
	// Gaps looks for what fits no leaf. Every hour; one at a time in the
	// whole cluster.
	Gaps func(context.Context) error
	// Link makes links of the lines of the audit log that have none; it returns
	// how many. Every 5 s.
	Link func(context.Context) (int, error)
	// Now is the clock for what expires.
	Now func() time.Time
	// Log takes what happened.
	Log *slog.Logger
}

// How often jobs run, and how long they may.
const (
	catchUpEvery = 15 * time.Second
	trainEvery   = 5 * time.Minute
	reindexEvery = time.Minute
	useEvery     = 10 * time.Second
	replayEvery  = 5 * time.Second
	verifyEvery  = time.Minute
	remindEvery  = 20 * time.Second
	notifyEvery  = 15 * time.Second // 4 times a minute: the rate that is set counts on it
	payEvery     = 15 * time.Second
	promoteEvery = 5 * time.Minute
	importEvery  = 5 * time.Second
	cleanEvery   = time.Hour
	driftEvery   = 24 * time.Hour
	retainEvery  = 24 * time.Hour
	gapsEvery    = time.Hour
	linkEvery    = 5 * time.Second
	shortJob     = time.Minute
	longJob      = 2 * time.Hour // re-embedding 500,000 wordings at 100 a second
	softStop     = 5 * time.Second
	alertYears   = 1 // how long alerts are kept
)

// The queues: what takes long stands in its own line, so that it never holds
// up what is due every few seconds. Somebody waits for an import, so it stands
// behind no training either.
const (
	shortQueue  = "short"
	longQueue   = "long"
	importQueue = "import"
	notifyQueue = "notify" // a slow gateway holds up nothing else
	payQueue    = "pay"    // nor does a slow paying service
)

type (
	catchUpArgs struct{}
	trainArgs   struct{}
	reindexArgs struct{}
	useArgs     struct{}
	replayArgs  struct{}
	verifyArgs  struct{}
	remindArgs  struct{}
	notifyArgs  struct{}
	payArgs     struct{}
	promoteArgs struct{}
	cleanArgs   struct{}
	driftArgs   struct{}
	gapsArgs    struct{}
	refitArgs   struct{}
	importArgs  struct{}
	linkArgs    struct{}
	retainArgs  struct{}
)

// Kind names the job in the database; a name never changes its meaning.
func (catchUpArgs) Kind() string { return "catch_up" }
func (trainArgs) Kind() string   { return "train" }
func (reindexArgs) Kind() string { return "reindex" }
func (useArgs) Kind() string     { return "use_version" }
func (replayArgs) Kind() string  { return "replay_draft" }
func (verifyArgs) Kind() string  { return "verify_entries" }
func (remindArgs) Kind() string  { return "remind_cases" }
func (notifyArgs) Kind() string  { return "notify" }
func (payArgs) Kind() string     { return "pay_rewards" }
func (promoteArgs) Kind() string { return "promote" }
func (cleanArgs) Kind() string   { return "clean_up" }
func (driftArgs) Kind() string   { return "drift" }
func (gapsArgs) Kind() string    { return "gaps" }
func (refitArgs) Kind() string   { return "refit_policy" }
func (importArgs) Kind() string  { return "import_entries" }
func (linkArgs) Kind() string    { return "link_audit" }
func (retainArgs) Kind() string  { return "retain" }

// job binds a function to the queue.
type job[T river.JobArgs] struct {
	river.WorkerDefaults[T]
	run   func(context.Context) error
	limit time.Duration
}

func (j *job[T]) Work(ctx context.Context, _ *river.Job[T]) error { return j.run(ctx) }

func (j *job[T]) Timeout(*river.Job[T]) time.Duration { return j.limit }

// Worker runs the jobs of this process.
type Worker struct {
	client *river.Client[pgx.Tx]
}

// NewWorker binds jobs to the queue. All functions of j are needed.
func (db *DB) NewWorker(j Jobs) (*Worker, error) {
	workers := river.NewWorkers()
	river.AddWorker(workers, &job[catchUpArgs]{limit: shortJob, run: counted(j.Log, "made missing suggestions", j.CatchUp)})
	river.AddWorker(workers, &job[trainArgs]{limit: longJob, run: func(ctx context.Context) error {
		return db.alone(ctx, trainLock, func(ctx context.Context) error {
			due, err := db.TrainingDue(ctx, j.Now())
			if err != nil || !due {
				return err
			}
			return j.Train(ctx)
		})
	}})
	river.AddWorker(workers, &job[reindexArgs]{limit: longJob, run: func(ctx context.Context) error {
		return db.alone(ctx, reindexLock, j.Reindex)
	}})
	river.AddWorker(workers, &job[useArgs]{limit: longJob, run: func(ctx context.Context) error {
		return db.alone(ctx, useLock, j.Use)
	}})
	river.AddWorker(workers, &job[replayArgs]{limit: longJob, run: func(ctx context.Context) error {
		return db.alone(ctx, replayLock, j.Replay)
	}})
	river.AddWorker(workers, &job[verifyArgs]{limit: shortJob, run: counted(j.Log, "put entries to verify", j.Verify)})
	river.AddWorker(workers, &job[remindArgs]{limit: shortJob, run: counted(j.Log, "handled what was due of cases", j.Remind)})
	river.AddWorker(workers, &job[notifyArgs]{limit: shortJob, run: func(ctx context.Context) error {
		return db.alone(ctx, notifyLock, counted(j.Log, "sent notifications", j.Notify))
	}})
	river.AddWorker(workers, &job[payArgs]{limit: shortJob, run: func(ctx context.Context) error {
		return db.alone(ctx, payLock, counted(j.Log, "paid rewards", j.Pay))
	}})
	river.AddWorker(workers, &job[promoteArgs]{limit: longJob, run: func(ctx context.Context) error {
		return db.alone(ctx, promoteLock, j.Promote)
	}})
	river.AddWorker(workers, &job[cleanArgs]{limit: shortJob, run: func(ctx context.Context) error {
		if err := db.DeleteExpiredSessions(ctx, j.Now()); err != nil {
			return err
		}
		return db.DeleteOldAlerts(ctx, j.Now().AddDate(-alertYears, 0, 0))
	}})
	river.AddWorker(workers, &job[driftArgs]{limit: shortJob, run: j.Drift})
	river.AddWorker(workers, &job[retainArgs]{limit: longJob, run: func(ctx context.Context) error {
		return db.alone(ctx, retainLock, counted(j.Log, "deleted what is past its date", j.Retain))
	}})
	river.AddWorker(workers, &job[gapsArgs]{limit: longJob, run: func(ctx context.Context) error {
		return db.alone(ctx, gapsLock, j.Gaps)
	}})
	river.AddWorker(workers, &job[refitArgs]{limit: longJob, run: db.refitWhenDue(j)})
	river.AddWorker(workers, &job[importArgs]{limit: longJob, run: func(ctx context.Context) error {
		return db.alone(ctx, importLock, j.Import)
	}})
	river.AddWorker(workers, &job[linkArgs]{limit: shortJob, run: func(ctx context.Context) error {
		_, err := j.Link(ctx)
		return err
	}})
	client, err := river.NewClient(riverpgxv5.New(db.pool), &river.Config{
		Workers: workers,
		Queues: map[string]river.QueueConfig{
			shortQueue:  {MaxWorkers: 2},
			longQueue:   {MaxWorkers: 1},
			importQueue: {MaxWorkers: 1},
			notifyQueue: {MaxWorkers: 1},
			payQueue:    {MaxWorkers: 1},
		},
		PeriodicJobs:                periodicJobs(),
		FetchCooldown:               5 * time.Millisecond,
		SoftStopTimeout:             softStop,
		RescueStuckJobsAfter:        longJob + time.Hour,
		CompletedJobRetentionPeriod: time.Hour,
		DiscardedJobRetentionPeriod: 24 * time.Hour,
		Logger:                      slog.New(warnings{j.Log.Handler()}),
		ErrorHandler:                jobErrors{j.Log},
	})
	if err != nil {
		return nil, errs.Wrap(err, errs.Internal, "internal")
	}
	return &Worker{client: client}, nil
}

// periodicJobs are all jobs, each with its interval and its line.
func periodicJobs() []*river.PeriodicJob {
	return []*river.PeriodicJob{
		every(catchUpEvery, shortQueue, catchUpArgs{}),
		every(trainEvery, longQueue, trainArgs{}),
		every(reindexEvery, longQueue, reindexArgs{}),
		every(useEvery, longQueue, useArgs{}),
		every(replayEvery, longQueue, replayArgs{}),
		every(verifyEvery, shortQueue, verifyArgs{}),
		every(remindEvery, shortQueue, remindArgs{}),
		every(notifyEvery, notifyQueue, notifyArgs{}),
		every(payEvery, payQueue, payArgs{}),
		every(promoteEvery, longQueue, promoteArgs{}),
		every(cleanEvery, shortQueue, cleanArgs{}),
		every(driftEvery, shortQueue, driftArgs{}),
		every(retainEvery, longQueue, retainArgs{}),
		every(gapsEvery, longQueue, gapsArgs{}),
		every(policyEvery, longQueue, refitArgs{}),
		every(importEvery, importQueue, importArgs{}),
		every(linkEvery, shortQueue, linkArgs{}),
	}
}

// counted makes a job of what says how many it did, and logs that.
func counted(log *slog.Logger, message string, do func(context.Context) (int, error)) func(context.Context) error {
	return func(ctx context.Context) error {
		n, err := do(ctx)
		if n > 0 {
			log.InfoContext(ctx, message, "count", n)
		}
		return err
	}
}

// every makes a periodic job that runs at start and then in an interval. A
// failed run is not repeated: the next one is due soon. Of the runs that
// several processes ask for in one interval, one is made; one that died with
// its process holds up nothing, because the next interval is another.
func every[T river.JobArgs](d time.Duration, queue string, args T) *river.PeriodicJob {
	return river.NewPeriodicJob(river.PeriodicInterval(d),
		func() (river.JobArgs, *river.InsertOpts) {
			return args, &river.InsertOpts{
				Queue:       queue,
				MaxAttempts: 1,
				UniqueOpts:  river.UniqueOpts{ByPeriod: d},
			}
		},
		&river.PeriodicJobOpts{RunOnStart: true})
}

// Start begins to work jobs; it returns once they are being fetched. It ends
// with Stop, or softly with ctx.
func (w *Worker) Start(ctx context.Context) error { return fail(w.client.Start(ctx)) }

// Stop ends it: no new job begins, running ones get a few seconds and are then
// cancelled; what they did not finish is done by a later run.
func (w *Worker) Stop(ctx context.Context) error { return fail(w.client.Stop(ctx)) }

// warnings lets a handler's records of weight through: the queue reports each
// of its steps.
type warnings struct{ slog.Handler }

func (w warnings) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelWarn && w.Handler.Enabled(ctx, l)
}

func (w warnings) WithAttrs(a []slog.Attr) slog.Handler { return warnings{w.Handler.WithAttrs(a)} }

func (w warnings) WithGroup(name string) slog.Handler { return warnings{w.Handler.WithGroup(name)} }

// jobErrors logs failed jobs, once, here.
type jobErrors struct{ log *slog.Logger }

func (h jobErrors) HandleError(ctx context.Context, j *rivertype.JobRow, err error) *river.ErrorHandlerResult {
	h.log.ErrorContext(ctx, "job failed", "job", j.Kind, "error", err)
	return nil
}

func (h jobErrors) HandlePanic(ctx context.Context, j *rivertype.JobRow, value any, trace string) *river.ErrorHandlerResult {
	h.log.ErrorContext(ctx, "job panicked", "job", j.Kind, "panic", value, "trace", trace)
	return nil
}

// Locks of jobs of which one runs in the whole cluster. The numbers are
// arbitrary, but must stay.
const (
	trainLock   = 4_812_345_004
	reindexLock = 4_812_345_005
	useLock     = 4_812_345_009
	replayLock  = 4_812_345_031
	gapsLock    = 4_812_345_010
	promoteLock = 4_812_345_021
	refitLock   = 4_812_345_012
	importLock  = 4_812_345_032
	notifyLock  = 4_812_345_041
	llmLock     = 4_812_345_051
	payLock     = 4_812_345_073
	rotateLock  = 4_812_345_061
	retainLock  = 4_812_345_063
)

// alone runs do while it holds the lock, or not at all when another process
// does. The lock ends with the connection, so a process that dies frees it.
func (db *DB) alone(ctx context.Context, lock int64, do func(context.Context) error) error {
	conn, err := db.pool.Acquire(ctx)
	if err != nil {
		return fail(err)
	}
	defer conn.Release()
	var ours bool
	if err := conn.QueryRow(ctx, `SELECT pg_try_advisory_lock($1)`, lock).Scan(&ours); err != nil || !ours {
		return fail(err)
	}
	defer releaseSession(ctx, conn.Conn())
	return do(ctx)
}
