package storage

import (
	"time"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage/driver"
)

type dateCodec struct{ p *date.Date }

func (c dateCodec) columns(n string) []driver.Column { return oneColumn(n, driver.Date) }
func (c dateCodec) put(dst driver.Row) string {
	if c.p.IsZero() {
		return CodeRequired
	}
	dst[0] = driver.IntValue(c.p.Days())
	return ""
}
func (c dateCodec) take(src driver.Row) error {
	if src[0].IsNull() {
		*c.p = date.Date{}
		return nil
	}
	*c.p = date.FromDays(src[0].Int())
	return nil
}
func (c dateCodec) literal(v any) (driver.Row, bool) {
	d, ok := v.(date.Date)
	return driver.Row{driver.IntValue(d.Days())}, ok && !d.IsZero()
}
func (c dateCodec) show() any { return *c.p }
func (c dateCodec) clear()    { *c.p = date.Date{} }

type instantCodec struct{ p *time.Time }

// firstInstant and lastInstant bound what can be stored: the years 1 to 9999.
var (
	firstInstant = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)
	lastInstant  = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)
)

func (c instantCodec) columns(n string) []driver.Column { return oneColumn(n, driver.Instant) }
func (c instantCodec) put(dst driver.Row) string {
	if c.p.IsZero() {
		return CodeRequired
	}
	if c.p.Before(firstInstant) || !c.p.Before(lastInstant) {
		dst[0] = driver.IntValue(0)
		return CodeRange
	}
	dst[0] = driver.IntValue(c.p.UnixMicro())
	return ""
}
func (c instantCodec) take(src driver.Row) error {
	if src[0].IsNull() {
		*c.p = time.Time{}
		return nil
	}
	*c.p = time.UnixMicro(src[0].Int()).UTC()
	return nil
}
func (c instantCodec) literal(v any) (driver.Row, bool) {
	t, ok := v.(time.Time)
	return driver.Row{driver.IntValue(t.UnixMicro())}, ok
}
func (c instantCodec) show() any {
	if c.p.IsZero() {
		return nil
	}
	return c.p.UTC()
}
func (c instantCodec) clear() { *c.p = time.Time{} }
