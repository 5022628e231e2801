package ledger

import (
	"context"
	"iter"

	"github.com/tutas/tutas/storage"
)

// Commodities lists the currencies of one's own that were declared, by code.
func (b *Books) Commodities(ctx context.Context, by ...storage.Ref) iter.Seq2[*Commodity, error] {
	return commodities.All(ctx, b.s, storage.Query{By: actor(by)})
}
