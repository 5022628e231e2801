package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"

	"github.com/tutas/tutas/storage"
)

// CodeDiffers is the code of a field that is not what it was when the key was used first.
const CodeDiffers = "differs"

// reused says of entries that were refused because a key came back with another content which fields differ from what was posted. It
// reads only once something went wrong; where it finds nothing to compare with, the refusal stays as it is.
func (b *Books) reused(ctx context.Context, list []*Entry, refusal error) error {
	if !errors.Is(refusal, storage.ErrKeyReused) {
		return refusal
	}
	var bad storage.Invalid
	var key storage.Key
	for i, e := range list {
		if e.Key == "" {
			continue
		}
		raw, err := storage.ResultOf(ctx, b.s, e.Key, verbPost)
		var a answer
		if err != nil || raw == nil || json.Unmarshal(raw, &a) != nil {
			continue
		}
		was, err := b.Entry(ctx, a.id)
		if err != nil {
			continue
		}
		n := len(bad.Fields)
		if e.differences(&bad, entryPath(i, len(list)), was); len(bad.Fields) > n && key == "" {
			key = e.Key
		}
	}
	if key == "" {
		return refusal
	}
	return storage.ErrKeyReused.With("%s", key).Because(&bad)
}

// differences names the fields in which an entry is not the one that was posted.
func (e *Entry) differences(bad *storage.Invalid, path string, was *Posted) {
	value := e.ValueDate
	if value.IsZero() {
		value = e.Date
	}
	for _, f := range []struct {
		name string
		same bool
	}{
		{"by", e.By == was.By}, {"date", e.Date == was.Date}, {"value_date", value == was.ValueDate}, {"text", e.Text == was.Text},
		{"source", e.Source == was.Source}, {"closing", e.Closing == was.Closing}, {"meta", maps.Equal(e.Meta, was.Meta)},
		{"attachments", slices.Equal(e.Attachments, was.Attachments)}, {"legs", len(e.Legs) == len(was.Legs)},
	} {
		bad.Check(f.same, path+f.name, CodeDiffers, "")
	}
	for i := range min(len(e.Legs), len(was.Legs)) {
		e.Legs[i].differences(bad, legPath(path, i)+".", &was.Legs[i])
	}
}

func (l *Leg) differences(bad *storage.Invalid, path string, was *PostedLeg) {
	c, err := l.Amount.Cmp(was.Amount)
	bad.Check(l.Account == was.Account, path+"account", CodeDiffers, "")
	bad.Check(err == nil && c == 0, path+"amount", CodeDiffers, "it was "+was.Amount.String())
	bad.Check(l.Text == was.Text, path+"text", CodeDiffers, "")
	if len(l.Split) > 0 || len(was.Parts) != 1 {
		bad.Check(len(l.Split) > 0 || len(was.Parts) == 1, path+"split", CodeDiffers, "")
		return
	}
	mine, theirs := l.Dims.all(), was.Parts[0].Dims.all()
	for i := range mine {
		bad.Check(*mine[i] == *theirs[i], path+"dims."+string(dimensions[i]), CodeDiffers, "")
	}
}
