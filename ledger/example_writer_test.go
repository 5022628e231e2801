package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/storage/memory"
)

// Many requests at once share the commits of one writer. Each has its own answer.
func ExampleWriter_Post() {
	ctx, store := context.Background(), storage.Open(memory.New())
	_ = store.Migrate(ctx, event.Package(), ledger.Package())
	db, _ := store.CreateTenant(ctx, storage.Tenant{ID: "acme"}, ledger.Template(ledger.ServicesChart()))
	writer := ledger.NewWriter(db, ledger.WriterOptions{MaxDelay: 2 * time.Millisecond}) // one for all requests
	var requests sync.WaitGroup
	refused := make([]error, 20)
	for i := range refused {
		requests.Go(func() {
			price := money.MustParse("9.90 EUR")
			e := ledger.Entry{Key: storage.Key(fmt.Sprint("order-", i)), Date: date.Must(2017, 3, 1), Legs: []ledger.Leg{
				ledger.Debit(ledger.Bank, price, ledger.Dims{}), ledger.Credit(ledger.Revenue, price, ledger.Dims{})}}
			if i == 7 {
				e.Legs[0].Account = "1999"
			}
			_, refused[i] = writer.Post(ctx, e)
		})
	}
	requests.Wait()
	_ = writer.Close(ctx)
	balance, _ := ledger.New(db).Balance(ctx, ledger.Bank, "EUR", date.Date{})
	fmt.Println(balance, errors.Is(refused[7], ledger.ErrNoAccount), errors.Join(append(refused[:7], refused[8:]...)...))
	// Output: 188.10 EUR true <nil>
}
