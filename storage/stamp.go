package storage

import (
	"context"
	"math/rand/v2"

	"github.com/tutas/tutas/storage/driver"
)

// A stamp tells whether settled rows have changed. Each tenant has a few, all with one version; who changes settled rows raises all of them, last of
// all before the commit, and who relies on what is remembered of such rows checks one of them there. So a change waits until those who checked
// have committed, and whoever checks after it loses the race: nothing is committed that rests on settled rows of yesterday.
type stamp struct {
	Number  int
	Version int64
}

var stamps = Define("storage.stamp", func(s *stamp) []Field {
	return []Field{Int("number", &s.Number).Key(), Version(&s.Version)}
}, apart())

// stampCount is how many there are, so that many who check at once do not meet on one row.
const stampCount = 16

// apart keeps a table out of exports: what it holds says nothing elsewhere.
func apart() TableOption { return func(o *tableOptions) { o.apart = true } }

// reliance is how far a transaction relies on settled rows.
type reliance struct {
	verify  bool // the stamp is read before anything is taken from memory
	asked   bool // the stamp travels with the next read
	known   bool // version is that of the stamp, or the stamps are missing
	missing bool
	used    bool // what is committed depends on what was read or remembered under the stamp
	trusted bool // the stamp is that of the memory, and was not read
	own     bool // the transaction itself writes settled rows: nothing is taken from memory, nor put there
	wrote   bool // something was written at all
	version int64
	memory  *memory
}

// wantsStamp reports whether the next read has to bring the stamp.
func (tx *Tx) wantsStamp() bool { return tx.rely.asked && !tx.rely.known }

// askStamp lets the stamp come with the next read. What was read before it may be older, and is forgotten.
func (tx *Tx) askStamp() {
	if !tx.rely.asked {
		tx.rely.asked = true
		tx.forgetSettled()
	}
}

func stampRow(number int, version int64) driver.Row {
	return driver.Row{driver.IntValue(int64(number)), driver.IntValue(version)}
}

func stampOp() driver.Op {
	return driver.Op{Kind: driver.Get, Table: stamps.table, Rows: []driver.Row{{driver.IntValue(0)}}}
}

// readStamp reads the stamp, and what was announced.
func (tx *Tx) readStamp(ctx context.Context) error {
	if tx.doom != nil {
		return ErrDoomed
	}
	tx.askStamp()
	ops := make([]driver.Op, 1, 1+len(tx.ahead))
	ops[0] = stampOp()
	for _, a := range tx.ahead {
		ops = append(ops, a.op)
	}
	res, err := tx.dtx.Do(ctx, ops...)
	if err != nil {
		return tx.fail(err)
	}
	tx.stamped(res[0])
	tx.arrived(res[1:])
	return nil
}

// stamped takes note of the stamp.
func (tx *Tx) stamped(res driver.Result) {
	u := &tx.rely
	u.known, u.missing = true, res.Rows[0] == nil
	if u.missing {
		return
	}
	u.version = res.Rows[0][1].Int()
	switch m := tx.db.tenant.memory.Load(); {
	case u.own:
	case m != nil && m.version == u.version:
		u.memory = m
	case !tx.joined: // there the stamp may be the host's own, which nobody else sees yet
		u.memory = tx.store.memories.of(tx.db.tenant, u.version)
	}
}

// forgetSettled forgets what was read of settled rows.
func (tx *Tx) forgetSettled() {
	tx.kept, tx.ready = keptRows{}, nil
}

// changes takes note of a write.
func (tx *Tx) changes(d *declaration, kind driver.OpKind) {
	tx.rely.wrote = true
	if !d.settled {
		return
	}
	tx.rely.own, tx.rely.memory = true, nil
	if kind != driver.Insert || d.absence {
		tx.scopes[len(tx.scopes)-1].raise = true
	}
}

// held reports whether the transaction keeps out all others that rely on settled rows.
func (tx *Tx) held() bool {
	for _, s := range tx.scopes {
		if s.held {
			return true
		}
	}
	return false
}

// closing appends what goes after the last writes: the check of the stamp, or its raise.
func (tx *Tx) closing(ops []driver.Op) []driver.Op {
	u := &tx.rely
	u.asked = false // nobody needs it any more
	if tx.held() {
		return ops
	}
	raise := false
	for _, s := range tx.scopes {
		raise = raise || s.raise
	}
	switch {
	case raise:
		return append(ops, tx.raising()...)
	case !u.used || !u.known || !u.trusted && !u.wrote:
		return ops
	case u.missing:
		return append(ops, tx.newStamps(false))
	}
	return append(ops, tx.checkStamp(u.version))
}

func (tx *Tx) checkStamp(version int64) driver.Op {
	row := tx.row(2)
	row[0], row[1] = driver.IntValue(int64(rand.N(stampCount))), driver.IntValue(version)
	return driver.Op{Kind: driver.Check, Table: stamps.table, Rows: []driver.Row{row}}
}

// newStamps makes the stamps of a tenant that has none. They begin with the instant, so that those of a tenant that comes back under its old name differ from
// what is remembered of it elsewhere.
func (tx *Tx) newStamps(skip bool) driver.Op {
	op := driver.Op{Kind: driver.Insert, Table: stamps.table, Skip: skip, Rows: make([]driver.Row, stampCount)}
	version := tx.store.now().UnixMicro()
	for i := range op.Rows {
		op.Rows[i] = stampRow(i, version)
	}
	return op
}

// raising raises the stamps, and sees to it that they are those that the transaction relied on.
func (tx *Tx) raising() []driver.Op {
	u := &tx.rely
	relies := u.used && u.known
	if relies && u.missing {
		return []driver.Op{tx.newStamps(false)} // whoever else found none loses the race
	}
	raise := driver.Op{Kind: driver.Add, Table: stamps.table, Sums: []int{1}, Rows: make([]driver.Row, stampCount)}
	for i := range raise.Rows {
		raise.Rows[i] = stampRow(i, 1)
	}
	ops := []driver.Op{tx.newStamps(true), raise}
	if relies {
		ops = append(ops, tx.checkStamp(u.version+1))
	}
	return ops
}

// HoldOff waits for all who rely on settled rows and are about to commit, and keeps others from committing until this transaction ends: they lose the race,
// and do it again with what this one leaves. A command that changes settled rows needs it where it then looks at what was done under the old ones, such as
// the postings on an account that is to be closed. It takes the locks that the command needs first, since others wait for this one from here on.
//
// Errors: ErrConflict, ErrBusy.
func (tx *Tx) HoldOff(ctx context.Context) error {
	switch {
	case tx.readOnly:
		return ErrReadOnly
	case tx.doom != nil:
		return ErrDoomed
	case tx.held():
		return nil
	}
	if err := tx.Flush(ctx); err != nil {
		return err
	}
	if err := tx.ensureSavepoints(ctx); err != nil {
		return err
	}
	tx.rely.own, tx.rely.wrote, tx.rely.memory = true, true, nil
	if _, err := tx.dtx.Do(ctx, tx.raising()...); err != nil {
		return tx.fail(err)
	}
	tx.forgetSettled()
	tx.scopes[len(tx.scopes)-1].held = true
	return nil
}

// settleUp ends a call inside a host's transaction: the last writes, and what goes after them.
func (tx *Tx) settleUp(ctx context.Context) error {
	ops := tx.closing(nil)
	if len(ops) > 0 && !tx.pends() {
		if err := tx.ensureSavepoints(ctx); err != nil {
			return err
		}
	}
	_, err := tx.send(ctx, ops...)
	return err
}

func (tx *Tx) pends() bool {
	for _, s := range tx.scopes {
		if len(s.pending) > 0 {
			return true
		}
	}
	return false
}

// settledUp makes the next call inside a host's transaction look again: the host may have returned to a savepoint that we do not see.
func (tx *Tx) settledUp() {
	tx.rely = reliance{verify: true, own: tx.rely.own}
	tx.scopes[0].raise, tx.scopes[0].held = false, false
}
