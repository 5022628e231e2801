package memory

import (
	"context"
	"fmt"

	"github.com/tutas/tutas/storage/driver"
)

// HostTx plays the part of a transaction that a host began with its own driver, so that joining one can be tried in memory. It is
// used by one goroutine at a time.
type HostTx struct {
	e     *Engine
	parts map[string]*part
	open  *Tx // bound last and not yet over
	over  bool
}

// Host begins a transaction in the host's name. The host ends it with Commit or Rollback.
func (e *Engine) Host(ctx context.Context) (*HostTx, error) {
	if e.isClosed() {
		return nil, closedError("the engine")
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return &HostTx{e: e, parts: map[string]*part{}}, nil
}

// Bind returns a transaction of a tenant inside the host's.
func (h *HostTx) Bind(ctx context.Context, tenant string) (driver.Tx, error) {
	switch {
	case h.over:
		return nil, closedError("the host's transaction")
	case h.e.isClosed():
		return nil, closedError("the engine")
	case h.open != nil && h.open.doom != nil:
		return nil, fmt.Errorf("memory: %w; the failure was: %v", driver.ErrDoomed, h.open.doom)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	t := &Tx{e: h.e, name: tenant, home: h.e.tenant(tenant), host: h, scratch: scratches.Get().(*scratch)}
	if p := h.parts[tenant]; p != nil {
		t.bind, t.bound = p.mark(h.e.epochs.Add(1)), true
	}
	h.open = t
	return t, nil
}

// Commit makes visible what was written through every bound transaction. If one of them failed and was not rolled back, nothing is
// written and the error is driver.ErrDoomed.
func (h *HostTx) Commit(ctx context.Context) error {
	if h.over {
		return closedError("the host's transaction")
	}
	err := ctx.Err()
	switch {
	case err != nil:
	case h.e.isClosed():
		err = closedError("the engine")
	case h.open != nil && h.open.doom != nil:
		err = fmt.Errorf("memory: %w; the failure was: %v", driver.ErrDoomed, h.open.doom)
	default:
		parts := make([]*part, 0, len(h.parts))
		for _, p := range h.parts {
			parts = append(parts, p)
		}
		err = h.e.publish(parts...)
	}
	h.end()
	return err
}

// Rollback forgets everything. On a transaction that is over it does nothing.
func (h *HostTx) Rollback(context.Context) error {
	if !h.over {
		h.end()
	}
	return nil
}

func (h *HostTx) end() {
	h.over = true
	for _, p := range h.parts {
		p.home.write.pass()
	}
}
