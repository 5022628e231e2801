// Audit: does everything that is kept twice agree?

package ledger

import (
	"context"

	"github.com/tutas/tutas/storage"
)

// A Finding is something in the books that contradicts something else in them.
type Finding struct {
	// Code names the check: "entry.unbalanced".
	Code string `json:"code"`
	// Place is the row, and the field in it: "ledger.entry/018f… legs.0.parts.1.account".
	Place    string `json:"place"`
	Expected string `json:"expected"`
	Found    string `json:"found"`
}

// MaxFindings is how many findings of a code an audit lists.
const MaxFindings = 100

// AuditReport is an answer.
type AuditReport struct {
	// Findings come by check, in the order of the rows; nothing is wrong if there are none.
	Findings []Finding `json:"findings"`
	// Counts is how many there are of each code, also of those not listed.
	Counts map[string]int64 `json:"counts,omitempty"`
	// Entries, Parts and Totals are how many rows were read.
	Entries int64 `json:"entries"`
	Parts   int64 `json:"parts"`
	Totals  int64 `json:"totals"`
	// Log is what Verify says.
	Log Verification `json:"log"`
}

// checks are what an audit does, in this order.
var checks = []func(*auditor, context.Context) error{
	(*auditor).chart,
	(*auditor).entries,
	(*auditor).links,
	(*auditor).details,
	(*auditor).totals,
	(*auditor).dayTotals,
	(*auditor).dimensionTotals,
	(*auditor).lives,
	(*auditor).items,
	(*auditor).log,
}

// Audit checks the books as a whole. Each entry balances in each currency and has parts; each part has its entry, its account,
// and the entry's date; entries and their reversals name one another; folded totals, of months, of days and of each dimension,
// are the sums of the parts; so are live balances, with what is held, and open items; the sealed log verifies. What it finds
// was not done through this package.
//
// It reads all rows, in one snapshot, and holds the totals in memory.
//
// Errors: storage.ErrOverflow.
func (b *Books) Audit(ctx context.Context) (out AuditReport, err error) {
	err = b.read(ctx, storage.Ref{}, func(r *report) error {
		a := &auditor{report: r}
		a.out.Counts = map[string]int64{}
		for _, check := range checks {
			if err := check(a, ctx); err != nil {
				return err
			}
		}
		out = a.out
		return nil
	})
	return out, err
}

// auditor is one run.
type auditor struct {
	*report
	out AuditReport
}

// find notes a finding.
func (a *auditor) find(code, place, expected, found string) {
	if a.out.Counts[code]++; a.out.Counts[code] <= MaxFindings {
		a.out.Findings = append(a.out.Findings, Finding{code, place, expected, found})
	}
}

// expect notes a finding if two values that should be equal are not.
func (a *auditor) expect(code, place, expected, found string) {
	if expected != found {
		a.find(code, place, expected, found)
	}
}

func (a *auditor) chart(ctx context.Context) error {
	if err := a.accounts(ctx); err != nil {
		return err
	}
	for _, x := range a.ordered {
		if x.Parent != "" && a.report.chart[x.Parent] == nil {
			a.find("account.parent", AccountRef(x.Code).String(), x.Parent, "")
		}
	}
	return nil
}

func (a *auditor) log(ctx context.Context) error {
	v := &verifier{tx: a.tx, links: map[storage.ID[Posted]]string{}}
	err := v.run(ctx, 0)
	a.out.Log = v.out
	if broken := v.out.Break; broken != nil {
		a.find("log."+string(broken.What), broken.String(), broken.Was, "")
	}
	return err
}
