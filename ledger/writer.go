package ledger

import (
	"context"
	"maps"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/tutas/tutas/storage"
)

// WriterOptions bound what a Writer gathers. The zero value is good for most.
type WriterOptions struct {
	// MaxEntries and MaxBytes bound a group: 1,000 entries and 4 MiB if zero. A call that is larger makes a group by itself.
	MaxEntries, MaxBytes int
	// MaxDelay is how long a group waits for company. If zero it does not: what came while the group before it was committed
	// goes together, and a lone caller never waits.
	MaxDelay time.Duration
	// MaxWaiting bounds the calls inside at a time, 10,000 if zero; further ones wait for room.
	MaxWaiting int
	// FoldAfter is how many entries are posted until the caller that led the group folds the totals, 10,000 if zero, never if
	// negative. That caller waits for it, the others do not.
	FoldAfter int
}

// A Writer posts for many callers of one tenant at once: those that come while a commit is under way go together in the next
// one. So a commit's sync and the lock of a hot account are paid once for all of them. It is safe for concurrent use, has no
// goroutine of its own (one of the callers leads, the others follow) and Close is only for shutting down in order. Several Writers, in one process or in many,
// may write for one tenant.
type Writer struct {
	books   *Books
	db      *storage.DB
	o       WriterOptions
	room    chan struct{}
	closing chan struct{}

	mu     sync.Mutex
	queue  []*call
	size   int // entries in the queue
	bytes  int
	led    bool          // someone leads, or was told to
	full   chan struct{} // where a leader waits for company
	inside int
	idle   chan struct{} // closed when closing and nobody is inside
	tail   int           // entries since the last fold
}

// NewWriter makes a writer for a tenant.
func NewWriter(db *storage.DB, o WriterOptions) *Writer {
	usual := func(n *int, value int) {
		if *n == 0 {
			*n = value
		}
	}
	usual(&o.MaxEntries, 1000)
	usual(&o.MaxBytes, 4<<20)
	usual(&o.MaxWaiting, 10_000)
	usual(&o.FoldAfter, 10_000)
	return &Writer{books: New(db), db: db, o: o, room: make(chan struct{}, max(o.MaxWaiting, 1)), closing: make(chan struct{}),
		full: make(chan struct{}, 1), idle: make(chan struct{})}
}

// Post writes entries into the books as Books.Post does, all or none, and answers in their order, without legs. Each entry has
// a key, and its outcome is that of Books.Post under this key: what is refused fails its own call alone. Calls that go
// together are carried out one after the other, so a later one sees what an earlier one left; which comes first is not said.
//
// A caller whose ctx ends stops waiting. If its call was not under way, it answers with the error of ctx and nothing is
// posted. If it was, the error is storage.ErrUnknown as well: the entries may be in the books or not, and asking again under
// the same keys, here or with Books.Post, tells. A caller that leads returns with its group, whose others do not depend on
// its ctx: the group is given up only when all of them have left.
//
// A failure of the engine fails all calls of a group; asking again under the same keys is safe. When the group as a whole is
// refused, or a guard panics, each call is carried out by itself, so that only the one to blame has the refusal or the panic.
// Guards see the ctx of the caller that leads, without its end.
//
// Errors: those of Books.Post; *storage.Invalid for a key that is missing ("key") or stands twice; ErrWriterBusy when ctx ends before
// there is room; storage.ErrClosed after Close.
func (w *Writer) Post(ctx context.Context, list ...Entry) ([]Posted, error) {
	if len(list) == 0 {
		return nil, nil
	}
	c, err := newCall(ctx, list)
	if err != nil {
		return nil, err
	}
	leader, err := w.enter(c)
	if err != nil {
		return nil, err
	}
	defer w.leave()
	if leader {
		err = w.lead(c)
	} else {
		err = w.follow(c)
	}
	switch {
	case err != nil:
		return nil, err
	case c.alone:
		return w.books.Post(ctx, c.list...)
	case c.err != nil:
		return nil, c.err
	}
	return w.books.posted(ctx, c.answers, c.fresh)
}

// Close shuts the writer down in order: it refuses further posts and waits until those under way are through. What waits for room is refused too.
//
// Errors: that of ctx, when it ends before.
func (w *Writer) Close(ctx context.Context) error {
	w.mu.Lock()
	select {
	case <-w.closing:
	default:
		close(w.closing)
		if w.inside == 0 {
			close(w.idle)
		}
	}
	w.mu.Unlock()
	select {
	case <-w.idle:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Waiting is how many calls are inside: those under way and those that come after.
func (w *Writer) Waiting() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.inside
}

// enter waits for room, queues a call, and reports whether it leads.
func (w *Writer) enter(c *call) (bool, error) {
	select {
	case w.room <- struct{}{}:
	default:
		select {
		case w.room <- struct{}{}:
		case <-w.closing:
			return false, storage.ErrClosed
		case <-c.ctx.Done():
			return false, ErrWriterBusy.Because(c.ctx.Err())
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	select {
	case <-w.closing:
		<-w.room
		return false, storage.ErrClosed
	default:
		w.inside++
		return w.join(c), nil
	}
}

func (w *Writer) leave() {
	w.mu.Lock()
	defer w.mu.Unlock()
	<-w.room
	w.inside--
	select {
	case <-w.closing:
		if w.inside == 0 {
			close(w.idle)
		}
	default:
	}
}

// A call is what one caller wants.
type call struct {
	ctx      context.Context
	list     []Entry
	commands []storage.Command
	bytes    int

	stage stage         // under the Writer's mutex
	wake  chan struct{} // tells that the stage is leads or done

	alone   bool // to be carried out by its caller, by itself
	answers []answer
	fresh   []Posted
	err     error
}

type stage int

const (
	waits   stage = iota
	leads         // was told to lead
	goes          // is in the group under way
	settled       // has its outcome
)

func newCall(ctx context.Context, list []Entry) (*call, error) {
	var bad faults
	keys := make(map[storage.Key]bool, len(list))
	for i := range list {
		e, path := &list[i], entryPath(i, len(list))
		e.check(&bad, path)
		switch {
		case e.Key == "":
			bad.add(path+"key", storage.CodeRequired)
		case keys[e.Key]:
			bad.add(path+"key", storage.CodeDuplicate)
		}
		keys[e.Key] = true
	}
	if err := bad.err(); err != nil {
		return nil, err
	}
	list = slices.Clone(list)
	for i := range list {
		list[i] = *list[i].exchanged()
	}
	c := &call{ctx: ctx, list: list, commands: make([]storage.Command, len(list)), wake: make(chan struct{}, 1)}
	if ctx.Done() != nil {
		c.list = apart(list)
	}
	for i := range c.list {
		content := c.list[i].content()
		c.commands[i] = storage.Command{Key: c.list[i].Key, Content: content}
		c.bytes += len(content)
	}
	return c, nil
}

// apart copies entries, since a caller that left may use them otherwise while the leader still reads them.
func apart(list []Entry) []Entry {
	list = slices.Clone(list)
	for i := range list {
		legs := slices.Clone(list[i].Legs)
		for j := range legs {
			legs[j].Split = slices.Clone(legs[j].Split)
		}
		list[i].Legs, list[i].Meta, list[i].Fields = legs, maps.Clone(list[i].Meta), maps.Clone(list[i].Fields)
		list[i].Attachments = slices.Clone(list[i].Attachments)
	}
	return list
}

// gather waits for company: for as long as is asked, and else until nobody comes who could come at once.
func (w *Writer) gather(ctx context.Context) {
	if w.o.MaxDelay <= 0 {
		for before := 0; ; {
			runtime.Gosched() // whom the last commit answered may have more
			w.mu.Lock()
			n, enough := len(w.queue), w.enough()
			w.mu.Unlock()
			if enough || n <= max(before, 1) {
				return
			}
			before = n
		}
	}
	timer := time.NewTimer(w.o.MaxDelay)
	defer timer.Stop()
	for {
		w.mu.Lock()
		enough := w.enough()
		w.mu.Unlock()
		if enough {
			return
		}
		select {
		case <-w.full:
		case <-timer.C:
			return
		case <-ctx.Done():
			return
		}
	}
}

func (w *Writer) enough() bool { return w.size >= w.o.MaxEntries || w.bytes >= w.o.MaxBytes }
