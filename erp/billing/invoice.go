package billing

import (
	"time"

	"github.com/tutas/tutas/erp"
	"github.com/tutas/tutas/erp/tax"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// Kind tells an invoice from a credit note.
type Kind string

// The kinds of documents.
const (
	Normal Kind = "invoice"
	Credit Kind = "credit"
)

// State is where an invoice is in its life.
type State string

// The states. Paid documents have nothing open; credited ones were taken back by a credit note.
const (
	Drafted  State = "draft"
	Issued   State = "issued"
	Paid     State = "paid"
	Credited State = "credited"
)

// An Invoice is what a customer owes for, or on a credit note what is given back: there quantities and amounts are negative.
type Invoice struct {
	ID      storage.ID[Invoice] `json:"id"`
	Version int64               `json:"version"`
	Kind    Kind                `json:"kind"`
	State   State               `json:"state"`
	// Number is "" until it is issued.
	Number   string      `json:"number"`
	Customer storage.Ref `json:"customer"`
	// Origin is what caused it: an order, a project.
	Origin storage.Ref `json:"origin"`
	Owner  storage.Ref `json:"owner"`
	// Date is the day of issue, Due the last day to pay.
	Date     date.Date      `json:"date"`
	Due      date.Date      `json:"due"`
	Terms    erp.Terms      `json:"terms"`
	Currency money.Currency `json:"currency"`
	Method   tax.Method     `json:"method"`
	Net      money.Amount   `json:"net"`
	Tax      money.Amount   `json:"tax"`
	Gross    money.Amount   `json:"gross"`
	Rounding money.Amount   `json:"rounding"`
	Taxes    []tax.Total    `json:"taxes"`
	// Open is what is not settled yet; negative on a credit note that has not been used up.
	Open money.Amount `json:"open"`
	// Entry is its entry in the books; Credits is the invoice that a credit note takes back.
	Entry   storage.Ref         `json:"entry"`
	Credits storage.ID[Invoice] `json:"credits"`
	Note    string              `json:"note"`
	Created time.Time           `json:"created"`
	Fields  storage.Fields      `json:"fields"`
	// Lines are filled by Get, and by the verbs that write them.
	Lines []erp.Line `json:"lines"`
}

// Refusals of this package.
var (
	ErrIssued     = storage.NewError("billing.issued", "an issued invoice never changes: credit it")
	ErrNotIssued  = storage.NewError("billing.not_issued", "the invoice is not issued")
	ErrOverpaid   = storage.NewError("billing.overpaid", "more than is open")
	ErrCurrency   = storage.NewError("billing.currency", "the currency is not that of the invoice")
	ErrCustomer   = storage.NewError("billing.customer", "the invoice is another customer's")
	ErrAllocated  = storage.NewError("billing.allocated", "the payment is not free")
	ErrDiscount   = storage.NewError("billing.discount", "the early discount does not cover what is left out")
	ErrNotCredit  = storage.NewError("billing.not_credit", "it is no credit note")
	ErrNotSettled = storage.NewError("billing.not_settled", "nothing of the invoice is settled")
	ErrIsCredited = storage.NewError("billing.credited", "the invoice is credited already")
)

// Verbs lists what may be done with an invoice now, with the reason for each no.
func (i *Invoice) Verbs() []storage.Verb {
	return life.Verbs(i.State, i, "change", "issue", "receive", "credit")
}

// settle takes an amount off what is open and moves the state.
//
// Errors: ErrNotIssued, ErrCurrency, ErrOverpaid.
func (i *Invoice) settle(a money.Amount) error {
	if _, err := i.next("receive"); err != nil {
		return err
	}
	left, err := i.Open.Sub(a)
	if err != nil {
		return ErrCurrency.Because(err)
	}
	if left.Sign()*i.Gross.Sign() < 0 || a.Sign()*i.Gross.Sign() < 0 {
		return ErrOverpaid.With("%s of %s", a, i.Open)
	}
	i.Open = left
	i.State, err = i.next("receive")
	return err
}

// reopen gives back what an allocation had settled, which is never nothing.
//
// Errors: ErrIsCredited, ErrCurrency.
func (i *Invoice) reopen(a money.Amount) error {
	to, err := i.next("release")
	if err != nil {
		return err
	}
	if i.Open, err = i.Open.Add(a); err != nil {
		return ErrCurrency.Because(err)
	}
	i.State = to
	return nil
}
