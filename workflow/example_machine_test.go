package workflow_test

import (
	"errors"
	"fmt"

	"github.com/tutas/tutas/workflow"
)

// The life of a document is declared once; it says what may be done now, and why the rest may not.
func ExampleCompile() {
	type State string
	type Order struct {
		State State
		Lines int
	}
	hasLines := workflow.Guard[*Order]{Name: "has lines", Check: func(o *Order) error {
		if o.Lines == 0 {
			return errors.New("the order is empty")
		}
		return nil
	}}
	life, err := workflow.Compile(workflow.Life[State, *Order]{Name: "order", Initial: "draft",
		States: []workflow.State[State]{{Name: "draft"}, {Name: "confirmed", Enter: []workflow.Effect{"reserve stock"}},
			{Name: "done", Final: true}, {Name: "cancelled", Final: true}},
		Transitions: []workflow.Transition[State, *Order]{
			{Action: "confirm", From: []State{"draft"}, To: "confirmed", When: []workflow.Guard[*Order]{hasLines}},
			{Action: "deliver", From: []State{"confirmed"}, To: "done"},
			{Action: "cancel", To: "cancelled"}}})
	if err != nil {
		panic(err)
	}
	order := &Order{State: life.Initial()}
	permitted, err := life.Permitted(order.State, order, false)
	for _, p := range permitted {
		fmt.Printf("%s: %v %q\n", p.Action, p.Allowed, p.Reason)
	}
	fmt.Println(err, life.Lint())
	order.Lines = 1
	to, effects, err := life.Fire(order.State, "confirm", order)
	fmt.Println(to, effects, err)
	// Output:
	// confirm: false "confirm: the order is empty"
	// cancel: true ""
	// <nil> []
	// confirmed [reserve stock] <nil>
}
