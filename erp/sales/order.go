package sales

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/erp"
	"github.com/tutas/tutas/erp/tax"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// State is where an order is in its life.
type State string

// The states. A draft may still change; a fulfilled order is delivered; a closed one is done with, invoiced as well.
const (
	Drafted   State = "draft"
	Confirmed State = "confirmed"
	Fulfilled State = "fulfilled"
	Closed    State = "closed"
	Cancelled State = "cancelled"
)

// An Order is what a customer wants to have, at which price.
type Order struct {
	ID      storage.ID[Order] `json:"id"`
	Version int64             `json:"version"`
	State   State             `json:"state"`
	// Number is "" until it is confirmed.
	Number   string      `json:"number"`
	Customer storage.Ref `json:"customer"`
	// Origin is what caused it: a deal.
	Origin storage.Ref `json:"origin"`
	// Owner is who sold it.
	Owner storage.Ref `json:"owner"`
	// Date is the day of the order; the others are when it came so far, no date before.
	Date        date.Date      `json:"date"`
	ConfirmedOn date.Date      `json:"confirmed_on"`
	FulfilledOn date.Date      `json:"fulfilled_on"`
	ClosedOn    date.Date      `json:"closed_on"`
	Terms       erp.Terms      `json:"terms"`
	Currency    money.Currency `json:"currency"`
	Method      tax.Method     `json:"method"`
	Net         money.Amount   `json:"net"`
	Tax         money.Amount   `json:"tax"`
	Gross       money.Amount   `json:"gross"`
	Rounding    money.Amount   `json:"rounding"`
	Taxes       []tax.Total    `json:"taxes"`
	// Discount is by how much, in percent with two digits, the worst line lies below its list price.
	Discount decimal.Decimal `json:"discount"`
	// Approval is what allowed the discount; zero where none was needed.
	Approval storage.Ref `json:"approval"`
	// Reference is what the customer calls the order.
	Reference string         `json:"reference"`
	Note      string         `json:"note"`
	Created   time.Time      `json:"created"`
	Fields    storage.Fields `json:"fields"`
	// Lines are filled by Get, and by the verbs. List is aligned with them: the list price of one unit, zero where there is none.
	Lines []erp.Line        `json:"lines"`
	List  []decimal.Decimal `json:"list"`
}

// Refusals of this package.
var (
	// ErrNeedsApproval: the discount is above the limit, and nobody has approved this content.
	ErrNeedsApproval = storage.NewError("sales.needs_approval", "the discount needs approval")
	// ErrNotDraft: only a draft may be changed or confirmed.
	ErrNotDraft = storage.NewError("sales.not_draft", "the order is no draft any more")
	// ErrNotConfirmed: only a confirmed order that is not delivered yet may be fulfilled.
	ErrNotConfirmed = storage.NewError("sales.not_confirmed", "the order is not confirmed, or has gone further")
	// ErrNotFulfilled: only a delivered order may be closed.
	ErrNotFulfilled = storage.NewError("sales.not_fulfilled", "the order is not fulfilled, or is closed")
	// ErrTooLate: what is delivered or cancelled cannot be cancelled.
	ErrTooLate = storage.NewError("sales.too_late", "the order cannot be cancelled any more")
)

// Compose makes an order from what a draft says: it numbers the lines, adds them up and finds the discount. It has no identifier
// yet; nothing is stored.
//
// Errors: *storage.Invalid, and those of tax.Compute.
func Compose(c Draft) (*Order, error) {
	o := &Order{State: Drafted, Customer: c.Customer, Origin: c.Origin, Owner: c.Owner, Date: c.Date, Terms: c.Terms, Currency: c.Currency,
		Method: c.Method, Reference: c.Reference, Note: c.Note, Fields: c.Fields, Lines: append([]erp.Line(nil), c.Lines...)}
	if o.Method == "" {
		o.Method = tax.PerLine
	}
	var bad storage.Invalid
	bad.Check(!c.Customer.IsZero(), "customer", storage.CodeRequired, "")
	c.Terms.Check(&bad, "terms")
	bad.Check(len(c.List) == 0 || len(c.List) == len(c.Lines), "list", storage.CodeRange, "a list price for each line, or none at all")
	for i, p := range c.List {
		at := "list." + strconv.Itoa(i)
		if e := p.Exponent(); e > 1000 || e < -1000 { // calculating with it could fill the memory
			bad.Add(at, storage.CodeRange, "")
			continue
		}
		bad.Check(!p.IsNegative(), at, storage.CodeNegative, "")
		bad.Check(p.LessThan(dearest), at, storage.CodeRange, "")
		bad.Check(p.Equal(p.Truncate(6)), at, storage.CodeScale, "at most 6 digits")
	}
	if err := bad.Err(); err != nil {
		return nil, err
	}
	o.List = make([]decimal.Decimal, len(o.Lines))
	copy(o.List, c.List)
	for n := range o.Lines {
		if o.Lines[n].Dims.Customer == "" {
			o.Lines[n].Dims.Customer = o.Customer.ID
		}
	}
	t, err := erp.Compute(o.Currency, o.Method, o.Lines)
	if err != nil {
		return nil, err
	}
	o.Net, o.Tax, o.Gross, o.Rounding, o.Taxes = t.Net, t.Tax, t.Gross, t.Rounding, t.Taxes
	o.Discount = erp.BelowList(o.Lines, o.List)
	return o, nil
}

// dearest bounds list prices as erp bounds prices.
var dearest = decimal.New(1, 12)

// Digest stands for what an approval of the order's discount is about; see the package comment. Equal numbers give equal digests
// however they were written.
func (o *Order) Digest() string {
	type content struct {
		Product               storage.Ref
		Text                  string
		Quantity, Price, List decimal.Decimal
	}
	all := struct {
		Customer storage.Ref
		Currency money.Currency
		Lines    []content
	}{o.Customer, o.Currency, nil}
	for i, l := range o.Lines {
		c := content{Product: l.Product, Text: l.Text, Quantity: l.Quantity, Price: l.Price.Mul(hundred.Sub(l.Discount)).Div(hundred)}
		if i < len(o.List) {
			c.List = o.List[i]
		}
		all.Lines = append(all.Lines, c)
	}
	b, err := json.Marshal(all)
	if err != nil { // texts and decimals always have a JSON form
		return ""
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

var hundred = decimal.NewFromInt(100)

// Exceeds reports whether the order's discount is above a limit in percent. What equals the limit is within it.
func (o *Order) Exceeds(limit decimal.Decimal) bool { return o.Discount.GreaterThan(limit) }

// Verbs lists what may be done with an order now, with the reason for each no.
func (o *Order) Verbs() []storage.Verb { return life.Verbs(o.State, o) }
