package storage

import (
	"container/list"
	"context"
	"sync"
)

// Memo answers what a package made of settled rows, from memory where it can, and else by calling make, which reads them: a setting with all that
// follows from it, an account by its code. The key is of a type of the package's own, and stands for one tenant's value; the value is shared by all
// transactions, so nobody may change it. What make reads are rows of tables declared Settled, by their keys.
//
// Memory is not asked whether it is still right; the commit is. A transaction that used a memo commits only if no settled row has changed since
// the value was made, and otherwise is done again, with what is stored; see Settled. When it fails for a reason of its own it is done again, too, in case
// that reason was out of date. Inside a host's transaction, which cannot be done again, memory is compared before it is used. In a View, and in a
// transaction that itself writes settled rows, make is called each time.
//
// Errors: those of make, and of the engine.
func Memo[T any](ctx context.Context, tx *Tx, key any, make func() (T, error)) (T, error) {
	v, ok, err := Recall[T](ctx, tx, key)
	if err != nil || ok {
		return v, err
	}
	if v, err = make(); err == nil {
		Remember(tx, key, v)
	}
	return v, err
}

// Recall is the first half of Memo, for what is made in bulk: it answers a value that is remembered. What is read after it may be given to Remember.
func Recall[T any](ctx context.Context, tx *Tx, key any) (v T, ok bool, err error) {
	if tx.readOnly || tx.held() {
		return v, false, nil
	}
	if m := tx.reach(); m != nil && !tx.rely.known {
		if !m.knows(key) { // the stamp comes with what has to be read
			return v, false, nil
		}
		if err := tx.readStamp(ctx); err != nil {
			return v, false, err
		}
	}
	if m := tx.reach(); m != nil {
		if x, ok := m.values.Load(key); ok {
			return x.(T), true, nil
		}
	}
	return v, false, nil
}

// Recalls reports whether a Recall is likely to answer, without I/O: what it does not answer is worth announcing with Ahead.
func Recalls(tx *Tx, key any) bool {
	if tx.readOnly || tx.held() {
		return false
	}
	m := tx.reach()
	return m != nil && m.knows(key)
}

// reach finds the memory. As long as the stamp is not known it is only likely to be the right one.
func (tx *Tx) reach() *memory {
	u := &tx.rely
	u.used = true
	if u.known {
		return u.memory
	}
	m := tx.db.tenant.memory.Load()
	if u.own || u.verify || tx.joined || u.asked || m == nil {
		if tx.askStamp(); u.own {
			return nil
		}
		return m
	}
	u.known, u.trusted, u.version, u.memory = true, true, m.version, m
	tx.forgetSettled()
	return m
}

// Remember is the second half of Memo: it keeps a value for the transactions to come, if this one may tell them.
func Remember[T any](tx *Tx, key any, v T) {
	u := &tx.rely
	if tx.joined || u.memory == nil {
		return
	}
	tx.store.memories.add(u.memory, key, v)
}

// A memory is what is remembered of one tenant under one version of its stamps.
type memory struct {
	tenant  *tenantState
	version int64
	values  sync.Map

	// Under the mutex of the memories.
	count int
	gone  bool
	place *list.Element
}

func (m *memory) knows(key any) bool {
	_, ok := m.values.Load(key)
	return ok
}

// memories are those of all tenants of a store, within bounds: the oldest are forgotten first.
type memories struct {
	mu    sync.Mutex
	order list.List // of *memory, the oldest first
	total int
}

// How many values are remembered, of one tenant and of all.
const (
	tenantMemory = 5_000
	storeMemory  = 50_000
)

// of returns a tenant's memory under a version, a new one where there is none.
func (ms *memories) of(t *tenantState, version int64) *memory {
	if m := t.memory.Load(); m != nil && m.version == version {
		return m
	}
	ms.mu.Lock()
	defer ms.mu.Unlock()
	if m := t.memory.Load(); m != nil {
		if m.version == version {
			return m
		}
		ms.drop(m)
	}
	m := &memory{tenant: t, version: version}
	m.place = ms.order.PushBack(m)
	t.memory.Store(m)
	return m
}

func (ms *memories) add(m *memory, key, v any) {
	ms.mu.Lock()
	defer ms.mu.Unlock()
	if m.gone {
		return
	}
	if _, there := m.values.LoadOrStore(key, v); there {
		return
	}
	m.count++
	ms.total++
	if m.count > tenantMemory {
		ms.drop(m)
	}
	for ms.total > storeMemory {
		ms.drop(ms.order.Front().Value.(*memory))
	}
}

// drop forgets a memory; transactions that use it go on.
func (ms *memories) drop(m *memory) {
	m.gone = true
	ms.total -= m.count
	ms.order.Remove(m.place)
	m.tenant.memory.CompareAndSwap(m, nil)
}
