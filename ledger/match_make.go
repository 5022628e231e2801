package ledger

import (
	"context"
	"errors"
	"slices"
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
	posted storage.ID[Posted]
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

// load locks the items, reads the rules and posts the entry, whose items are those that name none.
func (m *matching) load(ctx context.Context, tx *storage.Tx) (err error) {
	if err := m.cmd.announce(tx); err != nil {
		return err
	}
	var old, fresh []*item
	for _, it := range m.cmd.Items {
		row := it.Item.row()
		if m.items = append(m.items, row); m.cmd.Entry != nil && row.Entry.IsZero() {
			fresh = append(fresh, row)
		} else {
			old = append(old, row)
		}
	}
	found, err := items.LoadLocked(ctx, tx, old...)
	if err != nil {
		return err
	}
	var bad faults
	m.known(&bad, old, found)
	if err := bad.err(); err != nil {
		return err
	}
	if m.set, err = settingsOf(ctx, tx); err != nil {
		return err
	}
	if m.rules, err = m.cmd.need().read(ctx, tx); err != nil {
		return err
	}
	if err := m.readMore(ctx, tx, old); err != nil {
		return err
	}
	if m.cmd.Entry != nil {
		if err := m.postFirst(ctx, tx, fresh); err != nil {
			return err
		}
	}
	for _, it := range m.items {
		m.open = append(m.open, it.Open)
		if err := m.rebase(ctx, tx, it); err != nil {
			return err
		}
	}
	return nil
}

// known refuses items that are none.
func (m *matching) known(bad *faults, list []*item, found []bool) {
	for i, it := range list {
		if !found[i] {
			bad.add("items."+strconv.Itoa(slices.Index(m.items, it))+".item", storage.CodeUnknown)
		}
	}
}

// readMore reads what the items need and the command did not name.
func (m *matching) readMore(ctx context.Context, tx *storage.Tx, list []*item) (err error) {
	asked, all := m.cmd.entry(), true
	for _, it := range list {
		all = all && m.rules.Accounts[it.Account] != nil
		for _, c := range [...]money.Currency{it.Currency, it.Base, m.set.Base} {
			if c != "" {
				_, known := m.rules.scale(c)
				all = all && known
				asked.Legs = append(asked.Legs, Leg{Account: it.Account, Amount: money.Zero(c)})
			}
		}
	}
	if !all {
		m.rules, err = needOf([]*Entry{asked}).read(ctx, tx)
	}
	return err
}

// postFirst posts the entry of the command and finds its items.
func (m *matching) postFirst(ctx context.Context, tx *storage.Tx, fresh []*item) error {
	posted, err := m.rules.postAs(ctx, tx, []*Entry{m.cmd.Entry.exchanged()}, storage.ID[Posted]{},
		func(int) string { return entryOfMatch })
	if err != nil {
		return err
	}
	m.posted = posted[0].ID
	for _, row := range fresh {
		row.Entry = m.posted
	}
	found, err := items.LoadLocked(ctx, tx, fresh...)
	if err != nil {
		return err
	}
	var bad faults
	m.known(&bad, fresh, found)
	if err := bad.err(); err != nil {
		return err
	}
	return m.readMore(ctx, tx, fresh)
}

// entryOfMatch is where faults of the entry of a match are.
const entryOfMatch = "entry."

// entry has the legs of all accounts and currencies that the command names.
func (m *Match) entry() *Entry {
	e := &Entry{}
	if m.Entry != nil {
		e.Legs = append(e.Legs, m.Entry.exchanged().Legs...)
	}
	if m.Discount != nil {
		for _, p := range m.Discount.Parts {
			e.Legs = append(e.Legs, Leg{Account: p.Account, Amount: p.Amount})
		}
	}
	if m.WriteOff != nil {
		e.Legs = append(e.Legs, Leg{Account: m.WriteOff.Account, Amount: m.WriteOff.Max})
	}
	return e
}

func (m *Match) need() *need { return needOf([]*Entry{m.entry()}) }

// announce makes what the command names travel with the next read.
func (m *Match) announce(tx *storage.Tx) error {
	if err := announceSettings(tx); err != nil {
		return err
	}
	return m.need().announce(tx)
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
	out := &Matched{ID: storage.NewID[Matched](tx), Date: m.plan.on, At: tx.Now(), By: m.cmd.By, Why: m.cmd.Why, Source: m.cmd.Source,
		Posted: m.posted}
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
