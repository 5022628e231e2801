package storage

import (
	"context"
	"maps"

	"github.com/tutas/tutas/storage/driver"
)

// series is a gapless number series: the row is locked while a number is taken, so a transaction that rolls back leaves no number behind.
type series struct {
	Name string
	Last int64
}

var seriesTable = Define("storage.series", func(s *series) []Field {
	return []Field{Text("name", &s.Name).Key().Limit(200), Int("last", &s.Last)}
}, Rank(30))

// Number takes the next number of a series: 1, 2, 3 and so on without gaps. It keeps the series locked until the transaction
// ends, so take numbers last.
func (tx *Tx) Number(ctx context.Context, name string) (int64, error) {
	return tx.Numbers(ctx, name, 1)
}

// Numbers takes n numbers in a row and returns the first.
func (tx *Tx) Numbers(ctx context.Context, name string, n int) (int64, error) {
	if n < 1 {
		return 0, invalid("n", CodeRange, "take at least one number")
	}
	last, held := tx.series[name]
	if !held || tx.joined { // a host may have rolled back to a savepoint of its own meanwhile
		s := &series{Name: name}
		found, err := seriesTable.LoadLocked(ctx, tx, s)
		if err == nil && !found[0] {
			found, err = tx.startSeries(ctx, s)
		}
		if err != nil {
			return 0, err
		}
		if !found[0] {
			return 0, ErrConflict
		}
		last = s.Last
	}
	s := &series{Name: name, Last: last + int64(n)}
	if err := seriesTable.Update(ctx, tx, s); err != nil {
		return 0, err
	}
	series := make(map[string]int64, len(tx.series)+1) // a new one, since enclosing scopes keep the old one for when they are undone
	maps.Copy(series, tx.series)
	series[name] = s.Last
	tx.series = series
	return last + 1, nil
}

// startSeries adds the row, unless someone else just did, and locks it.
func (tx *Tx) startSeries(ctx context.Context, s *series) ([]bool, error) {
	row, err := seriesTable.encode(ctx, tx, s, 0)
	if err != nil {
		return nil, err
	}
	if _, err := tx.sendWrite(ctx, seriesTable.declaration, driver.Op{Kind: driver.Insert, Table: seriesTable.table, Rows: []driver.Row{row}, Skip: true}); err != nil {
		return nil, err
	}
	return seriesTable.LoadLocked(ctx, tx, s)
}

// LastNumber returns the last number that a series has given out, 0 if none.
func (tx *Tx) LastNumber(ctx context.Context, name string) (int64, error) {
	s := &series{Name: name}
	_, err := seriesTable.Load(ctx, tx, s)
	return s.Last, err
}
