package ledger

import (
	"context"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// Correct undoes an entry and posts what should have been posted, both or neither.
type Correct struct {
	By    storage.Ref        `json:"by"`
	Key   storage.Key        `json:"key,omitempty"`
	Why   string             `json:"why,omitempty"`
	Entry storage.ID[Posted] `json:"entry"`
	// Date is that of the reversal; see Reverse.
	Date date.Date `json:"date"`
	// Source is the document that corrects, of the reversal; see Reverse.
	Source storage.Ref `json:"source"`
	// Instead is the right entry. Its Key does not count, By stands for its actor, and without a date it takes that of the
	// reversal.
	Instead Entry `json:"instead"`
}

// A Correction is the two entries of a Correct.
type Correction struct {
	Reversal Posted `json:"reversal"`
	Instead  Posted `json:"instead"`
}

// EntryCorrected is the event of an entry that was replaced; the payload names the one that stands instead.
var EntryCorrected = event.NewType[CorrectedPayload]("ledger.entry.corrected")

// CorrectedPayload tells followers which entry stands instead of the subject.
type CorrectedPayload struct {
	Instead storage.ID[Posted] `json:"instead"`
	Date    date.Date          `json:"date"`
}

const verbCorrect = "ledger.entry.correct"

// Correct reverses an entry and posts another one in its place: Posted.Corrects leads back. A correction can itself be corrected.
// Limits of accounts judge both as one, and the balances that both leave are those of Instead.
//
// Errors: those of Reverse and Post; faults of the new entry are below "instead".
func (b *Books) Correct(ctx context.Context, cmd Correct) (out Correction, err error) {
	var bad faults
	checkReversal(&bad, cmd.Why, cmd.Date, cmd.By, cmd.Source)
	instead := cmd.Instead
	instead.Key, instead.By = "", cmd.By
	if instead.Date.IsZero() {
		instead.Date = date.FromDays(0) // chosen later, with that of the reversal
	}
	instead.check(&bad, "instead.")
	if err := bad.err(); err != nil {
		return out, err
	}
	var fresh []Posted
	both, err := storage.Once(ctx, b.s, cmd.Key, verbCorrect, cmd, func(tx *storage.Tx) (both [2]answer, err error) {
		fresh, err = correct(ctx, tx, cmd)
		if err == nil {
			both = [2]answer{answerOf(&fresh[0]), answerOf(&fresh[1])}
		}
		return both, err
	})
	if err != nil {
		return out, err
	}
	list, err := b.posted(ctx, both[:], fresh)
	if err != nil {
		return out, err
	}
	return Correction{list[0], list[1]}, nil
}

func correct(ctx context.Context, tx *storage.Tx, cmd Correct) ([]Posted, error) {
	var moved []move
	undone, err := reverse(ctx, tx, Reverse{By: cmd.By, Why: cmd.Why, Entry: cmd.Entry, Date: cmd.Date, Source: cmd.Source}, &moved)
	if err != nil {
		return nil, err
	}
	e := cmd.Instead
	if e.By = cmd.By; e.Date.IsZero() {
		e.Date = undone.Date
	}
	list := []*Entry{e.exchanged()}
	rules, err := needOf(list).read(ctx, tx)
	if err != nil {
		return nil, err
	}
	if len(moved) > 0 {
		rules.ahead = moved
		rules.also = func(context.Context, *storage.Tx, *liveBooks) ([]move, error) { return moved, nil }
	}
	posted, err := rules.postAs(ctx, tx, list, cmd.Entry, func(int) string { return "instead." })
	if err != nil {
		return nil, err
	}
	return []Posted{undone, posted[0]}, event.Append(ctx, tx, cmd.By, entries.Ref(cmd.Entry), 3,
		EntryCorrected.Draft(CorrectedPayload{Instead: posted[0].ID, Date: posted[0].Date}))
}
