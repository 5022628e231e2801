package ledger

import (
	"context"
	"errors"
	"strconv"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// matching is a match while it is made.
type matching struct {
	cmd    Match
	rules  Rules
	set    Configuration
	items  []*item
	open   []int64 // of the items before
	stakes []*stake
	plan   plan
}

func match(ctx context.Context, tx *storage.Tx, cmd Match) (*Matched, error) {
	m := &matching{cmd: cmd}
	if err := m.load(ctx, tx); err != nil {
		return nil, err
	}
	if err := m.admit(tx); err != nil {
		return nil, err
	}
	if err := m.settle(); err != nil {
		return nil, err
	}
	return m.write(ctx, tx)
}

// load locks the items and reads the rules.
func (m *matching) load(ctx context.Context, tx *storage.Tx) (err error) {
	if m.set, err = settingsOf(ctx, tx); err != nil {
		return err
	}
	for _, it := range m.cmd.Items {
		m.items = append(m.items, it.Item.row())
	}
	found, err := items.LoadLocked(ctx, tx, m.items...)
	if err != nil {
		return err
	}
	var bad faults
	asked := &Entry{}
	for i, it := range m.items {
		if !found[i] {
			bad.add("items."+strconv.Itoa(i)+".item", storage.CodeUnknown)
			continue
		}
		m.open = append(m.open, it.Open)
		for _, c := range [...]money.Currency{it.Currency, it.Base, m.set.Base} {
			if c != "" {
				asked.Legs = append(asked.Legs, Leg{Account: it.Account, Amount: money.Zero(c)})
			}
		}
	}
	if err := bad.err(); err != nil {
		return err
	}
	if m.rules, err = needOf([]*Entry{asked}).read(ctx, tx); err != nil {
		return err
	}
	for _, it := range m.items {
		if err := m.rebase(ctx, tx, it); err != nil {
			return err
		}
	}
	return nil
}

// rebase values an item that was opened when the books had another base currency, or none, at the rate of its day.
func (m *matching) rebase(ctx context.Context, tx *storage.Tx, it *item) error {
	base := m.set.Base
	if base == "" || it.Base == base {
		return nil
	}
	was := it.Base
	it.Base, it.Value = base, it.Amount
	if it.Currency != base {
		n, err := m.rules.atRate(ctx, tx, it.Currency, base, it.Date, it.Amount)
		switch {
		case errors.Is(err, ErrNoRate): // settle refuses it if it meets one that has a value
			it.Base = was
			return nil
		case err != nil:
			return err
		}
		it.Value = n
	}
	it.Worth = proportion(it.Open, it.Value, it.Amount)
	return nil
}

// admitOthers refuses to give up or grant anything onto an account that items of the match stand on.
func (m *matching) admitOthers(bad *faults) {
	for _, it := range m.items {
		if w := m.cmd.WriteOff; w != nil {
			bad.Check(w.Account != it.Account, "write_off.account", storage.CodeChoice, "the account of the items")
		}
		if d := m.cmd.Discount; d != nil {
			for i, p := range d.Parts {
				bad.Check(p.Account != it.Account, "discount.parts."+strconv.Itoa(i)+".account", storage.CodeChoice,
					"the account of the items")
			}
		}
	}
}

// admit holds the command against the items and the rules, and makes the stakes.
func (m *matching) admit(tx *storage.Tx) error {
	var bad faults
	on := m.cmd.Date
	if on.IsZero() {
		for _, it := range m.items {
			on = date.Later(on, it.Since)
		}
		if why, _ := m.rules.shut(on, false, m.cmd.By); why != "" {
			on = date.Later(on, tx.Today())
		}
	}
	m.plan.on = on
	m.admitOthers(&bad)
	if why, _ := m.rules.shut(on, false, m.cmd.By); why != "" {
		bad.refuse("date", ErrClosedPeriod, why)
	}
	for i, it := range m.items {
		path := "items." + strconv.Itoa(i)
		if on.Before(it.Since) {
			bad.add("date", storage.CodeRange)
		}
		switch a := m.rules.Accounts[it.Account]; {
		case a == nil:
			bad.refuse(path+".item", ErrNoAccount, it.Account)
			continue
		case !a.Takes(m.cmd.Source):
			bad.refuse("source", ErrControl, strconv.Quote(it.Account)+" belongs to "+a.Control)
		}
		s := &stake{item: it, no: i, left: it.Open}
		if asked := m.cmd.Items[i].Amount; !asked.IsZero() {
			s.exact = true
			scale, _ := m.rules.scale(it.Currency)
			n, code := minor(asked, scale)
			switch {
			case asked.Currency() != it.Currency:
				bad.add(path+".amount", storage.CodeCurrency)
			case code != "":
				bad.add(path+".amount", code)
			case n > int64(size(it.Open)):
				open, _ := m.rules.amount(it.Currency, int64(size(it.Open)))
				bad.refuse(path+".amount", ErrOverMatched, open.String()+" is open")
			}
			if s.left = n; it.Amount < 0 {
				s.left = -n
			}
		}
		m.stakes = append(m.stakes, s)
	}
	return bad.err()
}

// settle finds out what settles what.
func (m *matching) settle() error {
	m.plan.pairUp(m.stakes, m.cmd.Move)
	if err := m.discount(); err != nil {
		return err
	}
	if err := m.writeOff(); err != nil {
		return err
	}
	var bad faults
	for _, p := range m.plan.pairs {
		if p.debit.Base != p.credit.Base {
			bad.refuse("items", ErrNoRate, string(p.debit.Currency)+" in "+string(m.set.Base))
			return bad.err()
		}
	}
	for _, s := range m.stakes {
		if s.exact && s.left != 0 {
			bad.refuse("items."+strconv.Itoa(s.no)+".amount", ErrNoCounterpart, "")
		}
	}
	if len(m.plan.pairs)+len(m.plan.discounts)+len(m.plan.writeOffs) == 0 && bad.first == nil {
		bad.refuse("items", ErrNoCounterpart, "")
	}
	return bad.err()
}

func (m *matching) discount() error {
	d := m.cmd.Discount
	if d == nil || len(m.plan.pairs) == 0 {
		return nil
	}
	c := d.Parts[0].Amount.Currency()
	scale, _ := m.rules.scale(c)
	var units int64
	var bad faults
	for i, p := range d.Parts {
		n, code := minor(p.Amount, scale)
		if code != "" {
			bad.add("discount.parts."+strconv.Itoa(i)+".amount", code)
		}
		units += n
	}
	if err := bad.err(); err != nil {
		return err
	}
	side := func(i *item) int64 { return m.rules.Accounts[i.Account].Type.Sign() }
	for _, it := range m.items {
		if !d.Until.IsZero() && it.Currency == c && it.Amount*side(it) < 0 && it.Date.After(d.Until) {
			return nil
		}
	}
	m.plan.discount(m.stakes, side, c, units)
	return nil
}

func (m *matching) writeOff() error {
	w := m.cmd.WriteOff
	if w == nil {
		return nil
	}
	only := w.Max.Currency()
	units := m.plan.writeOff(m.stakes, only)
	if only == "" {
		return nil
	}
	var bad faults
	scale, _ := m.rules.scale(only)
	limit, code := minor(w.Max, scale)
	switch {
	case code != "":
		bad.add("write_off.max", code)
	case units > limit:
		rest, err := m.rules.amount(only, units)
		if err != nil {
			return err
		}
		bad.refuse("write_off.max", ErrWriteOff, rest.String()+" remains")
	}
	return bad.err()
}

// write posts the entries and keeps the match.
func (m *matching) write(ctx context.Context, tx *storage.Tx) (*Matched, error) {
	out := &Matched{ID: storage.NewID[Matched](tx), Date: m.plan.on, At: tx.Now(), By: m.cmd.By, Why: m.cmd.Why, Source: m.cmd.Source}
	moves := m.moves()
	news, err := m.post(ctx, tx, out, moves)
	if err != nil {
		return nil, err
	}
	rows := m.pairRows(moves, news)
	for i, r := range rows {
		r.Match, r.No, r.Date, r.Until = out.ID, i+1, out.Date, forever
	}
	if err := matches.Insert(ctx, tx, out); err != nil {
		return nil, err
	}
	if err := pairs.Insert(ctx, tx, rows...); err != nil {
		return nil, err
	}
	if err := items.Update(ctx, tx, m.touched(news)...); err != nil {
		return nil, err
	}
	if out.Pairs, err = m.rules.pairs(rows); err != nil {
		return nil, err
	}
	return out, event.Append(ctx, tx, m.cmd.By, out.Ref(), 1, ItemsMatched.Draft(MatchedPayload{Date: out.Date, Source: out.Source}))
}
