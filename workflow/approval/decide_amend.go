package approval

import (
	"bytes"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/workflow"
)

// amend follows an edit of the document: what is locked may not be edited while the request is pending, what is material voids the votes, and
// all else is noted. What was approved, not what was edited last, is compared.
func amend(r *Request, c *Command, s *Situation, at time.Time) ([]Record, error) {
	if r.State != Pending && r.State != Approved && r.State != NotNeeded {
		return nil, nil
	}
	if s.Policy == nil || s.Policy.Name != r.Policy {
		return nil, invalid("policy", storage.CodeRequired, "")
	}
	content := c.Content
	now := Content{SubjectVersion: r.SubjectVersion, Digest: r.Digest, Amount: r.Amount, Base: r.Flow.Base, Rate: r.Flow.Rate, Percent: r.Percent,
		Document: r.Flow.Document}
	if r.State == Pending {
		var bad storage.Invalid
		for _, name := range r.Flow.Locked {
			bad.Check(!changed(&now, &content, name, s.Policy, decimal.Zero), name, CodeLocked, "a request is pending")
		}
		if err := bad.Err(); err != nil {
			return nil, err
		}
	}
	e := r.record(DidAmend, c, at)
	e.Content = &content
	for _, name := range s.Policy.material() {
		if changed(&r.Flow.Asked, &content, name, s.Policy, s.Policy.Terms.Tolerance) {
			e.Material, e.Reason = true, name+" differs from what was asked"
			break
		}
	}
	if !e.Material && r.State != NotNeeded {
		if e.Reason = "nothing material"; content.Digest == now.Digest && content.SubjectVersion == now.SubjectVersion && !edited(&now, &content) {
			return nil, nil
		}
		return []Record{e}, nil
	}
	ask := Ask{Requester: r.Requester, Beneficiary: r.Flow.Beneficiary}
	found, err := Explain(*s.Policy, s.facts(ask, c.By, content, at), s.people())
	if err != nil {
		return nil, err
	}
	if r.State == NotNeeded && len(found.Steps) == 0 { // what needs no approval still needs none
		e.Material, e.Reason = false, "needs no approval"
		if !edited(&now, &content) && content.Digest == now.Digest && content.SubjectVersion == now.SubjectVersion {
			return nil, nil
		}
		return []Record{e}, nil
	}
	if !e.Material {
		e.Material, e.Reason = true, "needs approval now"
	}
	e.Generation, e.Steps = r.Generation+1, found.Steps
	e.Ask = &Ask{Rule: found.Rule, Notes: found.Notes}
	return []Record{e}, nil
}

// material are the fields whose edit voids votes.
func (p *Policy) material() []string {
	if len(p.Terms.Material) > 0 {
		return p.Terms.Material
	}
	list := []string{"amount", "percent"}
	for _, d := range p.Terms.Declared {
		list = append(list, d.Name)
	}
	return list
}

// edited reports whether anything that is compared differs.
func edited(a, b *Content) bool {
	if !sameAmount(a.Amount, b.Amount) || !a.Percent.Equal(b.Percent) || len(a.Document) != len(b.Document) {
		return true
	}
	for name, v := range a.Document {
		if !bytes.Equal(v, b.Document[name]) {
			return true
		}
	}
	return false
}

func sameAmount(a, b money.Amount) bool {
	return a.Currency() == b.Currency() && a.Decimal().Equal(b.Decimal())
}

// changed reports whether a field differs by more than a tolerance, in percent of what it was. What equals the tolerance has not changed. A currency that
// differs always has.
func changed(old, now *Content, name string, p *Policy, tolerance decimal.Decimal) bool {
	switch name {
	case "amount":
		return old.Amount.Currency() != now.Amount.Currency() || beyond(old.Amount.Decimal(), now.Amount.Decimal(), tolerance)
	case "percent":
		return beyond(old.Percent, now.Percent, tolerance)
	case "digest":
		return old.Digest != now.Digest
	}
	switch d, _ := p.declared(name); d.Kind {
	case workflow.KindNumber:
		a, had := read[decimal.Decimal](old.Document, name)
		b, has := read[decimal.Decimal](now.Document, name)
		return had != has || beyond(a, b, tolerance)
	case workflow.KindMoney:
		a, had := read[money.Amount](old.Document, name)
		b, has := read[money.Amount](now.Document, name)
		return had != has || a.Currency() != b.Currency() || beyond(a.Decimal(), b.Decimal(), tolerance)
	}
	none := func(d Document) []byte {
		if v := d[name]; !slices.Contains([]string{"", "null", `""`, "[]"}, string(v)) {
			return v
		}
		return nil
	}
	return !bytes.Equal(none(old.Document), none(now.Document))
}

// beyond reports whether a number moved by more than so many percent, either way.
func beyond(old, now, tolerance decimal.Decimal) bool {
	return now.Sub(old).Abs().Shift(2).GreaterThan(old.Abs().Mul(tolerance))
}
