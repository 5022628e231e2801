package storage

import (
	"sync"

	"github.com/tutas/tutas/storage/driver"
)

// An arena is where the rows of one transaction are made. Rows are ours, and no engine keeps one that it was given: so when the transaction is over, the
// next one uses the same memory.
type arena struct {
	blocks [][]driver.Value // all but the last are full
	used   int              // of the last
}

const (
	arenaBlock = 512 // values
	arenaKeep  = 64  // blocks
)

var arenas = sync.Pool{New: func() any { return new(arena) }}

// row returns an empty row that lives until the transaction is over. In a host's transaction, whose end we do not see, rows are left to the garbage collector.
func (tx *Tx) row(n int) driver.Row {
	if tx == nil || tx.joined || n > arenaBlock {
		return make(driver.Row, n)
	}
	a := tx.arena
	if a == nil {
		a = arenas.Get().(*arena)
		tx.arena = a
	}
	last := len(a.blocks) - 1
	if last < 0 || a.used+n > arenaBlock {
		if last++; last == cap(a.blocks) || a.blocks[:last+1][last] == nil {
			a.blocks = append(a.blocks, make([]driver.Value, arenaBlock))
		} else {
			a.blocks = a.blocks[:last+1]
		}
		a.used = 0
	}
	begin := a.used
	a.used += n
	return a.blocks[last][begin:a.used:a.used]
}

// release gives the rows' memory back; the transaction must be over.
func (tx *Tx) release() {
	a := tx.arena
	if a == nil {
		return
	}
	tx.arena = nil
	for i, block := range a.blocks {
		if i == len(a.blocks)-1 {
			block = block[:a.used]
		}
		clear(block) // what the rows said need not stay in memory, and the next ones begin empty
	}
	if len(a.blocks) > arenaKeep {
		a.blocks = append([][]driver.Value(nil), a.blocks[:arenaKeep]...)
	}
	a.blocks, a.used = a.blocks[:0], 0
	arenas.Put(a)
}
