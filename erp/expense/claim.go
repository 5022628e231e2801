package expense

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// State is where a claim is in its life.
type State string

// The states. Submitted waits for an approval; a posted claim is in the books; a paid one has nothing open.
const (
	Submitted State = "submitted"
	Approved  State = "approved"
	Rejected  State = "rejected"
	Posted    State = "posted"
	Paid      State = "paid"
)

// A Claim is what a person spent and asks to be paid for.
type Claim struct {
	ID      storage.ID[Claim] `json:"id"`
	Version int64             `json:"version"`
	State   State             `json:"state"`
	// Person is who is to be paid.
	Person storage.Ref `json:"person"`
	// Origin is what caused it: a project, a trip.
	Origin   storage.Ref    `json:"origin"`
	Date     date.Date      `json:"date"`
	Currency money.Currency `json:"currency"`
	Net      money.Amount   `json:"net"`
	Tax      money.Amount   `json:"tax"`
	Gross    money.Amount   `json:"gross"`
	// Advance is how much of it the person has had already.
	Advance money.Amount `json:"advance"`
	// Open is what the person is still to get: Gross less Advance and payments.
	Open money.Amount `json:"open"`
	// Approval is the request that decided; zero where none was needed.
	Approval storage.Ref `json:"approval"`
	// Entry is its entry in the books.
	Entry   storage.Ref    `json:"entry"`
	Text    string         `json:"text"`
	Created time.Time      `json:"created"`
	Fields  storage.Fields `json:"fields"`
	// Lines are filled by Get, and by the verbs.
	Lines []Line `json:"lines"`
}

// A Line is one receipt. What is given is above the blank line, what Compose fills in below.
type Line struct {
	Date     date.Date `json:"date"` // the claim's if zero
	Category string    `json:"category"`
	Text     string    `json:"text"`
	Merchant string    `json:"merchant"`
	// Amount is the gross on the receipt, in its currency.
	Amount money.Amount `json:"amount"`
	// Rate converts an Amount that is not in the claim's currency.
	Rate money.Rate `json:"rate"`
	// TaxPercent is the tax that the amount contains.
	TaxPercent decimal.Decimal `json:"tax_percent"`
	// Dims says what the cost is about: department, cost centre, project. Person is the claim's.
	Dims ledger.Dims `json:"dims"`

	No    int          `json:"no"`
	Net   money.Amount `json:"net"`
	Tax   money.Amount `json:"tax"`
	Gross money.Amount `json:"gross"`
}

// Refusals of this package.
var (
	// ErrNeedsApproval: nobody has approved this claim yet.
	ErrNeedsApproval = storage.NewError("expense.needs_approval", "the claim needs approval")
	// ErrNotRejected: the approver has not refused the claim.
	ErrNotRejected = storage.NewError("expense.not_rejected", "the approver has not refused the claim")
	// ErrOwnClaim: nobody decides about a claim of their own.
	ErrOwnClaim = storage.NewError("expense.own_claim", "nobody decides about their own claim")
	// ErrDecided: the claim does not wait for a decision.
	ErrDecided = storage.NewError("expense.decided", "the claim does not wait for a decision")
	// ErrNotApproved: only an approved claim that is not in the books yet may be posted.
	ErrNotApproved = storage.NewError("expense.not_approved", "the claim is not approved, or is posted already")
	// ErrNotPosted: only a posted claim with something open may be paid.
	ErrNotPosted = storage.NewError("expense.not_posted", "the claim is not posted, or is paid already")
	// ErrOverpaid: more than is open.
	ErrOverpaid = storage.NewError("expense.overpaid", "more than is open")
	// ErrCurrency: the currency is not that of the claim.
	ErrCurrency = storage.NewError("expense.currency", "the currency is not that of the claim")
	// ErrAdvance: the person does not hold so much of an advance.
	ErrAdvance = storage.NewError("expense.advance", "the person does not hold such an advance")
)

var (
	hundred = decimal.NewFromInt(100)
	// largest bounds an amount; beyond it sums could leave 64 bits.
	largest = decimal.New(1, 12)
)

// Split parts a gross amount into net and the tax of a percentage that it contains, rounded half up to the currency's digits; the
// two always sum to the gross.
//
// Errors: those of money.Amount.MulQuo.
func Split(gross money.Amount, percent decimal.Decimal) (net, tax money.Amount, err error) {
	if tax, err = gross.MulQuo(percent, hundred.Add(percent), money.HalfUp); err != nil {
		return net, tax, err
	}
	net, err = gross.Sub(tax)
	return net, tax, err
}

// Compose makes a claim from what is submitted: rules find missing categories, lines are converted, parted and added up. It has
// no identifier yet; nothing is stored.
//
// Errors: *storage.Invalid with paths such as "lines.2.amount".
func Compose(s Submit, rules ...Rule) (*Claim, error) {
	c := &Claim{State: Submitted, Person: s.Person, Origin: s.Origin, Date: s.Date, Currency: s.Currency, Advance: s.Advance,
		Text: s.Text, Fields: s.Fields, Lines: append([]Line(nil), s.Lines...)}
	Categorise(c.Lines, rules...)
	if err := c.check(); err != nil {
		return nil, err
	}
	c.Net, c.Tax, c.Gross = money.Zero(c.Currency), money.Zero(c.Currency), money.Zero(c.Currency)
	for n := range c.Lines {
		if err := c.computeLine(n); err != nil {
			return nil, err
		}
	}
	if c.Advance.Currency() == "" {
		c.Advance = money.Zero(c.Currency)
	}
	var err error
	if c.Open, err = c.Gross.Sub(c.Advance); err == nil && c.Open.Sign() < 0 {
		err = &storage.Invalid{Fields: []storage.Fault{{Path: "advance", Code: storage.CodeRange, Text: "more than is claimed"}}}
	}
	return c, err
}

func (c *Claim) check() error {
	var bad storage.Invalid
	bad.Check(!c.Person.IsZero(), "person", storage.CodeRequired, "")
	bad.Check(len(c.Lines) > 0, "lines", storage.CodeRequired, "")
	if _, ok := c.Currency.Digits(); !ok {
		bad.Add("currency", storage.CodeCurrency, "")
	}
	bad.Check(c.Advance.Currency() == "" || c.Advance.Currency() == c.Currency, "advance", storage.CodeCurrency, "the claim's currency")
	bad.Check(c.Advance.Sign() >= 0, "advance", storage.CodeNegative, "")
	bad.Check(c.Advance.IsRound(), "advance", storage.CodeScale, "")
	for i, l := range c.Lines {
		at := "lines." + strconv.Itoa(i) + "."
		_, known := l.Amount.Currency().Digits()
		bad.Check(l.Category != "", at+"category", storage.CodeRequired, "no rule finds one")
		bad.Check(l.Text != "" || l.Merchant != "", at+"text", storage.CodeRequired, "a text or a merchant")
		bad.Check(known, at+"amount", storage.CodeCurrency, "")
		bad.Check(!known || l.Amount.Sign() > 0, at+"amount", storage.CodeNegative, "more than nothing")
		bad.Check(l.Amount.IsRound(), at+"amount", storage.CodeScale, "")
		bad.Check(l.Amount.Decimal().LessThan(largest), at+"amount", storage.CodeRange, "")
		bad.Check(!l.TaxPercent.IsNegative() && l.TaxPercent.LessThan(decimal.NewFromInt(1000)), at+"tax_percent", storage.CodeRange, "")
		bad.Check(l.TaxPercent.Equal(l.TaxPercent.Truncate(6)), at+"tax_percent", storage.CodeScale, "at most 6 digits")
		if foreign := l.Amount.Currency() != c.Currency; foreign {
			bad.Check(l.Rate.From == l.Amount.Currency() && l.Rate.To == c.Currency, at+"rate", storage.CodeCurrency,
				"from the receipt's currency to the claim's")
		} else {
			bad.Check(l.Rate.From == "" && l.Rate.To == "", at+"rate", storage.CodeCurrency, "the amount is in the claim's currency")
		}
	}
	return bad.Err()
}

// computeLine fills in one line and adds it to the claim.
func (c *Claim) computeLine(n int) (err error) {
	l := &c.Lines[n]
	if l.No, l.Gross = n+1, l.Amount; l.Date.IsZero() {
		l.Date = c.Date
	}
	l.Dims.Person = c.Person.ID
	if l.Amount.Currency() != c.Currency {
		l.Gross, err = money.Convert(l.Amount, l.Rate, money.HalfUp)
		if err == nil && (l.Gross.Sign() <= 0 || l.Gross.Decimal().GreaterThanOrEqual(largest)) {
			return badRate(n, "gives "+l.Gross.String())
		}
	}
	if err == nil {
		l.Net, l.Tax, err = Split(l.Gross, l.TaxPercent)
	}
	for _, sum := range []struct {
		into *money.Amount
		part money.Amount
	}{{&c.Net, l.Net}, {&c.Tax, l.Tax}, {&c.Gross, l.Gross}} {
		if err == nil {
			*sum.into, err = sum.into.Add(sum.part)
		}
	}
	if err != nil {
		return badRate(n, err.Error())
	}
	return nil
}

func badRate(n int, why string) error {
	return &storage.Invalid{Fields: []storage.Fault{{Path: "lines." + strconv.Itoa(n) + ".rate", Code: storage.CodeRange, Text: why}}}
}

// Digest stands for the whole content of a claim: what an approval is about.
func (c *Claim) Digest() string {
	b, err := json.Marshal(struct {
		Person  storage.Ref
		Date    date.Date
		Advance money.Amount
		Gross   money.Amount
		Lines   []Line
	}{c.Person, c.Date, c.Advance, c.Gross, c.Lines})
	if err != nil { // texts, dates and decimals always have a JSON form
		return ""
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// pay takes an amount off what is open and moves the state.
//
// Errors: ErrNotPosted, ErrCurrency, ErrOverpaid.
func (c *Claim) pay(a money.Amount) error {
	if _, err := c.next("reimburse", storage.Ref{}); err != nil {
		return err
	}
	left, err := c.Open.Sub(a)
	if err != nil {
		return ErrCurrency.Because(err)
	}
	if left.Sign() < 0 {
		return ErrOverpaid.With("%s of %s", a, c.Open)
	}
	c.Open = left
	c.State, err = c.next("reimburse", storage.Ref{})
	return err
}

// Verbs lists what may be done with a claim now, with the reason for each no.
func (c *Claim) Verbs() []storage.Verb { return life.Verbs(c.State, about{claim: c}) }
