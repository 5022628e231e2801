package expense_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/erp/expense"
	"github.com/tutas/tutas/storage"
)

func TestTheLifeOfAClaimIsSoundAndDrawn(t *testing.T) {
	require.Empty(t, expense.Life.Lint())
	require.Equal(t, `stateDiagram-v2
    s0 : Submitted
    s1 : Approved
    s2 : Rejected
    s3 : Posted
    s4 : Paid
    [*] --> s0
    s0 --> s1 : Approve [not their own]
    s0 --> s2 : Reject [not their own]
    s1 --> s4 : Post [nothing is open]
    s1 --> s3 : Post
    s3 --> s4 : Reimburse [nothing is open]
    s3 --> s3 : Reimburse
    s2 --> [*]
    s4 --> [*]
`, expense.LifeDiagram())
}

func TestTheServiceAnswersEachActionInEachStateAsTheLifeDoes(t *testing.T) {
	d, ctx := open(t), t.Context()
	p := d.ports()
	p.Approvals = nil
	claims := expense.New(d.db, p)
	type id = storage.ID[expense.Claim]
	verbs := map[string]func(id, storage.Ref) error{
		"approve": func(c id, by storage.Ref) error {
			_, err := claims.Approve(ctx, expense.Decide{Claim: c, By: by})
			return err
		},
		"reject": func(c id, by storage.Ref) error {
			_, err := claims.Reject(ctx, expense.Decide{Claim: c, By: by})
			return err
		},
		"post": func(c id, by storage.Ref) error {
			_, err := claims.Post(ctx, expense.Post{Claim: c, By: by})
			return err
		},
		"reimburse": func(c id, by storage.Ref) error {
			_, err := claims.Reimburse(ctx, expense.Reimburse{Claim: c, By: by, Amount: eur("1")})
			return err
		},
	}
	settled := claim("5", "0") // by an advance
	settled.Advance = eur("5")
	ways := []struct {
		name    string
		state   expense.State
		submit  expense.Submit
		steps   []string
		allowed int // of the boss and of the one who spent it
	}{
		{"submitted", expense.Submitted, claim("20000", "0"), nil, 2},
		{"approved within the limit", expense.Approved, claim("2", "0"), nil, 2},
		{"approved", expense.Approved, claim("20000", "0"), []string{"approve"}, 2},
		{"approved, and paid in advance", expense.Approved, settled, nil, 2},
		{"rejected", expense.Rejected, claim("20000", "0"), []string{"reject"}, 0},
		{"posted", expense.Posted, claim("2", "0"), []string{"post"}, 2},
		{"almost paid", expense.Posted, claim("2", "0"), []string{"post", "reimburse"}, 2},
		{"paid", expense.Paid, claim("1", "0"), []string{"post", "reimburse"}, 0},
		{"paid in advance", expense.Paid, settled, []string{"post"}, 0},
	}
	for _, way := range ways {
		allowed := 0
		for _, by := range []storage.Ref{boss, way.submit.Person} {
			for n := range len(verbs) {
				_, err := d.Advance(ctx, expense.Advance{Person: way.submit.Person, Amount: eur("5")})
				require.NoError(t, err)
				c, err := claims.Submit(ctx, way.submit)
				require.NoError(t, err)
				for _, step := range way.steps {
					require.NoError(t, verbs[step](c.ID, boss))
				}
				c, err = claims.Get(ctx, c.ID)
				require.NoError(t, err)
				require.Equal(t, way.state, c.State, way.name)
				p := c.Permitted(by)[n]
				err = verbs[string(p.Action)](c.ID, by)
				require.Equal(t, p.Allowed, err == nil, "%s of what is %s: %v, the life says %+v", p.Action, way.name, err, p)
				if no := (*storage.Error)(nil); !p.Allowed {
					require.True(t, errors.As(err, &no))
					require.Equal(t, p.Code, no.Code, "%s of what is %s: %v", p.Action, way.name, err)
					continue
				}
				allowed++
				c, err = claims.Get(ctx, c.ID)
				require.NoError(t, err)
				if p.Action == "reimburse" && c.Open.IsZero() {
					p.To = string(expense.Paid)
				}
				require.Equal(t, p.To, string(c.State), "%s of what is %s", p.Action, way.name)
			}
		}
		require.Equal(t, way.allowed, allowed, way.name)
	}
	require.Nil(t, (&expense.Claim{State: "lost"}).Permitted(boss))
}
