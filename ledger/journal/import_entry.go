package journal

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// entry makes what is posted for a transaction; without legs there is nothing to post.
func (m *importer) entry(t *Transaction) (e ledger.Entry, err error) {
	e = ledger.Entry{By: m.o.By, Date: t.Date, Text: t.Description, AllowSelf: true} // a journal says what it says
	if t.Extra != nil {
		e.ValueDate = t.Extra.Date2
		if t.Extra.Payee != "" {
			e.Text = t.Extra.Payee + " | " + t.Description
		}
	}
	m.tagged(t, &e)
	e.AllowSelf = true // what a journal says is what happened
	var rest, virtual tally
	for i := range t.Postings {
		p := &t.Postings[i]
		if p.Amount.Commodity == nil {
			continue
		}
		a, over, err := m.amount(t, p.Amount)
		if err != nil {
			return e, err
		}
		if !p.Amount.IsZero() && a.IsZero() && !over.IsZero() {
			continue // all of it is finer than the books keep
		}
		leg := ledger.Leg{Account: m.code(p.Account), Amount: a}
		m.leg(p, &leg)
		e.AllowZero = e.AllowZero || a.IsZero()
		e.Legs = append(e.Legs, leg)
		if p.Kind == Virtual {
			virtual.add(a)
		} else {
			rest.add(a)
		}
	}
	if err := m.settle(t, &e, rest, virtual); err != nil {
		return e, err
	}
	moved := false
	for _, l := range e.Legs {
		moved = moved || !l.Amount.IsZero()
	}
	if !moved && len(e.Legs) < 2 {
		e.Legs = nil
		return e, nil
	}
	e.Key = m.key(t)
	return e, nil
}

// A tally sums amounts by currency, in the order in which they first come.
type tally []money.Amount

func (s *tally) add(a money.Amount) {
	for i, x := range *s {
		if x.Currency() == a.Currency() {
			(*s)[i], _ = x.Add(a)
			return
		}
	}
	*s = append(*s, a)
}

// settle makes the legs balance in each currency: what rounding left goes to the one account, an exchange to the other.
func (m *importer) settle(t *Transaction, e *ledger.Entry, rest, virtual tally) error {
	post := func(code string, a money.Amount, why string) error {
		if a.IsZero() {
			return nil
		}
		if code == "" {
			return m.refuse(t, why)
		}
		if !slices.Contains(m.own, code) {
			m.own = append(m.own, code)
		}
		e.Legs = append(e.Legs, ledger.Leg{Account: code, Amount: a.Neg()})
		return nil
	}
	for _, a := range virtual {
		why := "virtual postings that need not balance, and no account for the other side (Virtual)"
		if err := post(m.o.Virtual, a, why); err != nil {
			return err
		}
	}
	open := 0
	for _, a := range rest {
		if !a.IsZero() {
			open++
		}
	}
	for _, a := range rest {
		code, why := m.o.Exchange, "an exchange of commodities, and no account for it (Exchange)"
		if open == 1 { // one currency alone does not balance: that is rounding
			code, why = m.o.Rounding, "more decimals than the books keep, and no account for the rest (Rounding)"
		}
		if err := post(code, a, why); err != nil {
			return err
		}
	}
	return nil
}

// amount is what the books keep of an amount, and what is finer.
func (m *importer) amount(t *Transaction, a Amount) (out money.Amount, over Number, err error) {
	c := m.currencies[a.Commodity]
	scale := m.scales[c]
	n := a.Number
	if n.scale() > int32(scale) {
		n = n.trim(int32(scale))
	}
	if n.scale() > int32(scale) {
		if m.o.Rounding == "" {
			return out, over, m.refuse(t, "more decimals than the books keep, and no account for the rest (Rounding): "+near(a.String()))
		}
		rounded := NumberOf(n.Decimal().RoundBank(int32(scale)))
		over, n = n.Sub(rounded), rounded
	}
	if out, err = money.FromDecimal(c, n.Decimal()); err != nil {
		return out, over, m.refuse(t, err.Error())
	}
	return out, over, nil
}

// tagged takes the source and the metadata from the transaction's tags.
func (m *importer) tagged(t *Transaction, e *ledger.Entry) {
	for _, g := range t.Tags() {
		value := strings.Trim(g.Value, `"`)
		switch kind, id, ok := strings.Cut(value, "/"); {
		case g.Name == "source" && ok && kind != "" && id != "":
			e.Source = storage.Ref{Kind: kind, ID: id}
			continue
		case g.Name == "closing":
			e.Closing = true
			continue
		case g.Name == "" || len(g.Name) > ledger.MaxMetaName || len(value) > ledger.MaxMetaValue || len(e.Meta) >= ledger.MaxMeta:
			continue
		}
		if e.Meta == nil {
			e.Meta = map[string]string{}
		}
		e.Meta[g.Name] = value
	}
	if t.Code != "" && len(t.Code) <= ledger.MaxMetaValue && len(e.Meta) < ledger.MaxMeta {
		if e.Meta == nil {
			e.Meta = map[string]string{}
		}
		e.Meta["code"] = t.Code
	}
}

// leg takes dimensions and text from the posting's tags and comment.
func (m *importer) leg(p *Posting, l *ledger.Leg) {
	if p.Extra == nil {
		return
	}
	var text []string
	for line := range strings.SplitSeq(p.Extra.Comment, "\n") {
		found := false
		for _, g := range TagsIn(line) {
			if d := ledger.Dimension(g.Name); slices.Contains(ledger.Dimensions(), d) {
				l.Dims, found = l.Dims.With(d, g.Value), true
			}
		}
		if !found && line != "" {
			text = append(text, line)
		}
	}
	for _, g := range p.Extra.Tags {
		value := strings.Trim(g.Value, `"`)
		if g.Name == "text" {
			text = append(text, value)
		}
		if d := ledger.Dimension(g.Name); slices.Contains(ledger.Dimensions(), d) {
			l.Dims = l.Dims.With(d, value)
		}
	}
	l.Text = strings.Join(text, "\n")
}

// key is the same for the same transaction, wherever it stands in the journal.
func (m *importer) key(t *Transaction) storage.Key {
	h := sha256.New()
	part := func(s string) {
		h.Write([]byte(strconv.Itoa(len(s)) + ":" + s))
	}
	part(t.Date.String())
	part(t.Description)
	part(t.Code)
	for i := range t.Postings {
		p := &t.Postings[i]
		part(p.Account.Name)
		if p.Amount.Commodity != nil {
			part(p.Amount.Number.trim(0).String())
			part(p.Amount.Commodity.Symbol)
		}
	}
	digest := hex.EncodeToString(h.Sum(nil)[:16])
	m.seen[digest]++
	return storage.Key(cut(m.o.Name, 100) + ":" + digest + "-" + strconv.Itoa(m.seen[digest]))
}
