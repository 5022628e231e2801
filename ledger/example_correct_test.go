package ledger_test

import (
	"context"
	"fmt"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// An entry carries metadata and references to files; a correction is one call and leads back to what it corrects.
func ExampleBooks_Correct() {
	ctx := context.Background()
	books := exampleBooks(ctx)
	rent := func(amount string) ledger.Entry {
		a := money.MustParse(amount + " EUR")
		return ledger.Entry{Date: date.Must(2017, 3, 1), Text: "Rent",
			Carried: ledger.Carried{Attachments: []storage.Ref{{Kind: "file", ID: "lease.pdf"}}},
			Legs:    []ledger.Leg{ledger.Debit(ledger.RentExpense, a, ledger.Dims{}), ledger.Credit(ledger.Bank, a, ledger.Dims{})}}
	}
	posted, err := books.Post(ctx, rent("1200"))
	if err != nil {
		panic(err)
	}
	fixed, err := books.Correct(ctx, ledger.Correct{Entry: posted[0].ID, Why: "March was 1,250", Instead: rent("1250")})
	if err != nil {
		panic(err)
	}
	right, err := books.Entry(ctx, fixed.Instead.ID)
	if err != nil {
		panic(err)
	}
	balance, err := books.Balance(ctx, ledger.RentExpense, "EUR", date.Must(2017, 3, 31))
	fmt.Println(right.Corrects == posted[0].ID, right.Attachments[0].ID, balance, err)
	// Output: true lease.pdf 1250.00 EUR <nil>
}
