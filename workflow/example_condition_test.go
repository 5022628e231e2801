package workflow_test

import (
	"fmt"

	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/workflow"
)

// A condition is JSON that an end user may edit; the vocabulary says what it may speak of, and Explain why it does not hold.
func ExampleVocabulary_Compile() {
	type Quote struct {
		Total  money.Amount
		Region string
	}
	words, err := workflow.NewVocabulary(nil,
		workflow.MoneyFact("total", func(q *Quote) money.Amount { return q.Total }),
		workflow.EnumFact("region", func(q *Quote) string { return q.Region }, "north", "south"))
	if err != nil {
		panic(err)
	}
	condition, err := workflow.ParseCondition([]byte(`{"all": [{"field": "region", "op": "eq", "value": "north"},
		{"field": "total", "op": "gt", "value": {"amount": "1000", "currency": "EUR"}}]}`))
	if err != nil {
		panic(err)
	}
	test, err := words.Compile(condition)
	if err != nil {
		panic(err)
	}
	holds, because := test.Explain(&workflow.Facts[*Quote]{Doc: &Quote{Total: money.MustParse("900 EUR"), Region: "north"}})
	fmt.Println(holds, because[0].Pointer, because[0].Found)

	_, err = words.Compile(workflow.Condition{Field: "colour", Op: workflow.OpPresent})
	fmt.Println(err)
	// Output:
	// false /all/1 900.00 EUR
	// invalid input: /field (unknown_field) colour
}
