// Erasing what was said in an entry, and nothing else.

package ledger

import (
	"context"

	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// EraseText erases the texts of an entry.
type EraseText struct {
	By    storage.Ref        `json:"by"`
	Key   storage.Key        `json:"key,omitempty"`
	Why   string             `json:"why,omitempty"`
	Entry storage.ID[Posted] `json:"entry"`
}

// TextErased is the event of an entry whose texts were erased.
var TextErased = event.NewType[ErasedPayload]("ledger.entry.text_erased")

// ErasedPayload tells followers why.
type ErasedPayload struct {
	Why string `json:"why,omitempty"`
}

const verbErase = "ledger.entry.erase_text"

// EraseText erases the texts of an entry and of its legs, and its metadata, with their salt, and those of its reversals, which
// repeat them. Dates, amounts, dimensions and all digests stay, and Verify still holds; what was said can no longer be proved
// or guessed. Erasing once more changes nothing.
//
// Errors: storage.ErrNotFound, *storage.Invalid, storage.ErrKeyReused, storage.ErrForbidden.
func (b *Books) EraseText(ctx context.Context, cmd EraseText) error {
	var bad faults
	if code := textFault(cmd.Why, MaxText); code != "" {
		bad.add("why", code)
	}
	checkRef(&bad, "by", cmd.By)
	if err := bad.err(); err != nil {
		return err
	}
	if cmd.Entry.IsZero() {
		return storage.ErrNotFound.With("entry %s", cmd.Entry)
	}
	_, err := storage.Once(ctx, b.s, cmd.Key, verbErase, cmd, func(tx *storage.Tx) (bool, error) {
		for id := cmd.Entry; !id.IsZero(); {
			p, err := eraseText(ctx, tx, cmd, id)
			if err != nil {
				return false, err
			}
			id = p.ReversedBy
		}
		return true, nil
	})
	return err
}

func eraseText(ctx context.Context, tx *storage.Tx, cmd EraseText, id storage.ID[Posted]) (*Posted, error) {
	p, err := entries.Lock(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	byEntry, err := partsOf(ctx, tx, storage.Ref{}, p)
	if err != nil {
		return nil, err
	}
	rows := byEntry[id]
	if err := fillDetails(ctx, tx, storage.Ref{}, p); err != nil {
		return nil, err
	}
	if p.Salt == "" && !p.hasText(rows) {
		return p, nil
	}
	before := *p
	p.Text, p.Salt, p.Meta = "", "", nil
	if err := tx.Guard(ctx, cmd.By, verbErase, &before, p); err != nil {
		return nil, err
	}
	var changed []*part
	for _, r := range rows {
		if r.Text != "" {
			r.Text, changed = "", append(changed, r)
		}
	}
	if err := entries.Update(ctx, tx, p); err != nil {
		return nil, err
	}
	if d := p.detail(); d != nil && len(before.Meta) > 0 {
		if err := details.Update(ctx, tx, d); err != nil {
			return nil, err
		}
	}
	if err := parts.Update(ctx, tx, changed...); err != nil {
		return nil, err
	}
	return p, event.Append(ctx, tx, cmd.By, p.Ref(), 4, TextErased.Draft(ErasedPayload{Why: cmd.Why}))
}
