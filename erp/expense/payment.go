package expense

import (
	"context"
	"iter"
	"time"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// A Payment is money that a person got: for a claim, or as an advance.
type Payment struct {
	ID      storage.ID[Payment] `json:"id"`
	Version int64               `json:"version"`
	Person  storage.Ref         `json:"person"`
	// Claim is what was reimbursed; none for an advance.
	Claim  storage.ID[Claim] `json:"claim"`
	Date   date.Date         `json:"date"`
	Amount money.Amount      `json:"amount"`
	// Left is what no claim has used of an advance; Held says that something is left.
	Left    money.Amount `json:"left"`
	Held    bool         `json:"held"`
	Text    string       `json:"text"`
	Entry   storage.Ref  `json:"entry"`
	Created time.Time    `json:"created"`
}

// Advance is the command that gives a person money for expenses to come.
type Advance struct {
	By     storage.Ref
	Key    storage.Key
	Person storage.Ref
	Amount money.Amount
	Date   date.Date // the tenant's today if zero
	Bank   string    // the account that the money leaves; the default one if ""
	Text   string
}

// Advance gives a person money; a claim uses it up later.
//
// Errors: *storage.Invalid, storage.ErrForbidden, and those of the journal.
func (s *Claims) Advance(ctx context.Context, c Advance) (*Payment, error) {
	var bad storage.Invalid
	bad.Check(!c.Person.IsZero(), "person", storage.CodeRequired, "")
	checkAmount(&bad, c.Amount)
	if err := bad.Err(); err != nil {
		return nil, err
	}
	return storage.Once(ctx, s.s, c.Key, "expense.payment.advance", c, func(tx *storage.Tx) (*Payment, error) {
		p := &Payment{Person: c.Person, Date: c.Date, Amount: c.Amount, Left: c.Amount, Held: true, Text: c.Text}
		return p, s.payOut(ctx, tx, p, c.By, "expense.payment.advance", s.p.Accounts.Advances, c.Bank)
	})
}

// Reimburse is the command that pays a claim, or a part of it.
type Reimburse struct {
	By      storage.Ref
	Key     storage.Key
	Claim   storage.ID[Claim]
	Version int64
	Amount  money.Amount // all that is open, if Amount{}
	Date    date.Date    // the tenant's today if zero
	Bank    string       // the account that the money leaves; the default one if ""
	Text    string
	Why     string
}

// Reimburse pays a posted claim, or a part of it.
//
// Errors: *storage.Invalid, ErrNotPosted, ErrOverpaid, ErrCurrency, storage.ErrNotFound, storage.ErrStale, storage.ErrForbidden,
// and those of the journal.
func (s *Claims) Reimburse(ctx context.Context, c Reimburse) (*Payment, error) {
	if c.Amount != (money.Amount{}) {
		var bad storage.Invalid
		if checkAmount(&bad, c.Amount); bad.Err() != nil {
			return nil, bad.Err()
		}
	}
	return storage.Once(ctx, s.s, c.Key, "expense.payment.reimburse", c, func(tx *storage.Tx) (*Payment, error) {
		claim, err := lock(ctx, tx, c.Claim, c.Version)
		if err != nil {
			return nil, err
		}
		old := *claim
		if c.Amount == (money.Amount{}) {
			c.Amount = claim.Open
		}
		if err := claim.pay(c.Amount); err != nil {
			return nil, err
		}
		p := &Payment{Person: claim.Person, Claim: claim.ID, Date: c.Date, Amount: c.Amount, Left: money.Zero(claim.Currency), Text: c.Text}
		if err := s.payOut(ctx, tx, p, c.By, "expense.payment.reimburse", s.p.Accounts.Payable, c.Bank); err != nil {
			return nil, err
		}
		return p, event.Apply(ctx, tx, claims, event.Change[Claim]{By: c.By, Verb: "expense.claim.reimburse", Why: c.Why,
			Before: &old, After: claim, Events: []event.Draft{ClaimReimbursed.Draft(claim.happened(p.Date))}})
	})
}

func checkAmount(bad *storage.Invalid, a money.Amount) {
	_, known := a.Currency().Digits()
	bad.Check(known, "amount", storage.CodeCurrency, "")
	bad.Check(!known || a.Sign() > 0, "amount", storage.CodeNegative, "more than nothing")
	bad.Check(a.IsRound(), "amount", storage.CodeScale, "")
	bad.Check(a.Decimal().LessThan(largest), "amount", storage.CodeRange, "")
}

// payOut books a payment to a person against an account, and writes it.
func (s *Claims) payOut(ctx context.Context, tx *storage.Tx, p *Payment, by storage.Ref, verb, account, bank string) (err error) {
	if p.ID, p.Created = storage.NewID[Payment](tx), tx.Now(); p.Date.IsZero() {
		p.Date = tx.Today()
	}
	if bank == "" {
		bank = s.p.Accounts.Bank
	}
	person := ledger.Dims{Person: p.Person.ID}
	p.Entry, err = s.p.Journal.Post(ctx, tx, ledger.Entry{By: by, Date: p.Date, Text: p.Text, Source: PaymentRef(p.ID),
		Legs: []ledger.Leg{ledger.Debit(account, p.Amount, person), ledger.Credit(bank, p.Amount, person)}})
	if err != nil {
		return err
	}
	return event.Apply(ctx, tx, payments, event.Change[Payment]{By: by, Verb: verb, After: p})
}

// Payments yields what a person (everyone, if zero) got, by date.
func (s *Claims) Payments(ctx context.Context, person storage.Ref, by ...storage.Ref) iter.Seq2[*Payment, error] {
	q := storage.Query{Order: []string{"date"}}
	if !person.IsZero() {
		q.Where = append(q.Where, storage.Eq("person", person))
	}
	if len(by) > 0 {
		q.By = by[0]
	}
	return payments.All(ctx, s.s, q)
}
