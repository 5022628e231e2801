package erp

import (
	"context"
	"strconv"
	"strings"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
)

// Numbering says what documents are called: 1, 2, 3 … without gaps, in a form that people know.
type Numbering struct {
	// Series is the name of the gapless series: "invoice".
	Series string
	// Format holds {n}, or {n:4} for four digits, and {year}: "INV-{year}-{n:4}". With {year} each year begins at 1. "" is the plain number.
	Format string
}

// Next takes the next number. It keeps the series locked until the transaction ends, so it is called last.
func (n Numbering) Next(ctx context.Context, tx *storage.Tx, on date.Date) (string, error) {
	series := n.Series
	if strings.Contains(n.Format, "{year}") {
		series += "/" + strconv.Itoa(on.Year())
	}
	i, err := tx.Number(ctx, series)
	if err != nil {
		return "", err
	}
	return n.Text(i, on), nil
}

// Text is the i-th number in its form.
func (n Numbering) Text(i int64, on date.Date) string {
	digits := strconv.FormatInt(i, 10)
	if n.Format == "" {
		return digits
	}
	s := strings.ReplaceAll(n.Format, "{year}", strconv.Itoa(on.Year()))
	s = strings.ReplaceAll(s, "{n}", digits)
	for width := 1; width <= 12; width++ {
		padded := strings.Repeat("0", max(0, width-len(digits))) + digits
		s = strings.ReplaceAll(s, "{n:"+strconv.Itoa(width)+"}", padded)
	}
	return s
}
