package journal

import (
	"regexp"
	"slices"
	"strings"
)

// ruleBegins reads the first line of a periodic or automated transaction.
func (r *reader) ruleBegins(line string) error {
	if line[0] != '~' && line[0] != '=' {
		return r.fault(0, ErrSyntax, near(line))
	}
	text, comment := line[1:], ""
	if i := strings.IndexByte(text, ';'); i >= 0 {
		text, comment = text[:i], strings.TrimSpace(text[i+1:])
	}
	r.rule = &Rule{Query: strings.TrimSpace(text), Comment: comment, Position: Position{r.j.Files[r.file], int(r.line), 1}}
	if line[0] == '~' {
		r.j.Periodic = append(r.j.Periodic, r.rule)
		return nil
	}
	r.j.Automated = append(r.j.Automated, r.rule)
	return nil
}

// rulePosting reads a line of a rule. What follows the amount changes nothing that is posted, and is left out.
func (r *reader) rulePosting(x lexer) error {
	x.status()
	name, at, kind, err := r.accountName(&x)
	if err != nil {
		return err
	}
	p := RulePosting{Kind: kind}
	if p.Account, err = r.account(name, at); err != nil {
		return err
	}
	switch c := x.peek(); {
	case c == 0 || c == ';':
		p.Elided = true
	case c == '*':
		p.Times = true
		x.i++
		x.skip()
		fallthrough
	default:
		bare := r.scope.bare
		r.scope.bare = nil
		p.Amount, _, err = r.amount(&x)
		r.scope.bare = bare
		if err != nil {
			return err
		}
		p.Times = p.Times || r.j.Format == Ledger && p.Amount.Commodity.Symbol == ""
		x.skip()
		if c := x.peek(); c != 0 && c != ';' && c != '@' && c != '=' && c != '{' {
			return r.fault(x.i, ErrAmount, near(x.rest()))
		}
	}
	r.rule.Postings = append(r.rule.Postings, p)
	return nil
}

// endRule makes a rule ready to be applied, if it is going to be.
func (r *reader) endRule(rule *Rule) error {
	auto := len(r.j.Automated) > 0 && r.j.Automated[len(r.j.Automated)-1] == rule
	if !auto || !r.applies() {
		return nil
	}
	fail := func(detail string) error {
		return &Error{rule.Position, ErrDirective, "an automated transaction " + detail}
	}
	match, ok := query(rule.Query)
	if !ok {
		return fail("is applied by patterns of account names alone: " + near(rule.Query))
	}
	var left [2]sums // of the real ones, of those in brackets
	for _, p := range rule.Postings {
		switch {
		case p.Elided:
			return fail("has an amount in each posting")
		case p.Kind == Virtual:
		case p.Times:
			left[p.Kind].add(nil, p.Amount.Number)
		default:
			left[p.Kind].add(p.Amount.Commodity, p.Amount.Number)
		}
	}
	for _, x := range append(left[Real].list, left[Balanced].list...) {
		if !x.n.IsZero() {
			return &Error{rule.Position, ErrUnbalanced, "the postings of an automated transaction sum to zero, or are in parentheses"}
		}
	}
	rule.match = match
	return nil
}

// applies says whether automated transactions change anything: always for ledger, where asked for hledger.
func (r *reader) applies() bool { return r.j.Format == Ledger || r.opt.Automated }

// query makes a matcher of a rule's query: /pattern/, words of which one is to match, or expr account =~ /pattern/.
func query(q string) (func(string) bool, bool) {
	q = strings.TrimSpace(q)
	if rest, ok := strings.CutPrefix(q, "expr "); ok {
		rest = strings.Trim(strings.TrimSpace(rest), `'"`)
		rest, ok = strings.CutPrefix(rest, "account =~ ")
		if !ok {
			return nil, false
		}
		q = strings.TrimSpace(rest)
	}
	var patterns []string
	if strings.HasPrefix(q, "/") {
		x := lexer{s: q}
		p, ok := x.slashed()
		if !ok || strings.TrimSpace(x.rest()) != "" {
			return nil, false
		}
		patterns = []string{p}
	} else {
		for _, w := range strings.Fields(q) {
			w = strings.TrimPrefix(w, "acct:")
			if w == "and" || w == "or" || w == "not" || strings.ContainsAny(w, "&|!()'\"=@%#:") && !plainName(w) {
				return nil, false
			}
			patterns = append(patterns, w)
		}
	}
	if len(patterns) == 0 {
		return nil, false
	}
	list := make([]*regexp.Regexp, len(patterns))
	for i, p := range patterns {
		var err error
		if len(p) > maxPattern {
			return nil, false
		}
		if list[i], err = regexp.Compile("(?i)" + p); err != nil {
			return nil, false
		}
	}
	return func(account string) bool {
		for _, re := range list {
			if re.MatchString(account) {
				return true
			}
		}
		return false
	}, true
}

// plainName tells an account's path from a query of another kind, such as tag:x.
func plainName(w string) bool {
	if strings.ContainsAny(w, "&|!()'\"=@%#") {
		return false
	}
	first, _, _ := strings.Cut(w, ":")
	switch first {
	case "desc", "payee", "note", "tag", "amt", "cur", "code", "date", "date2", "status", "real", "depth", "type", "not", "any", "all",
		"expr":
		return false
	}
	return true
}

// automate adds what the rules above the transaction post, for ledger, where they hold from their line on.
func (r *reader) automate(t *Transaction) error {
	if r.j.Format != Ledger || len(r.j.Automated) == 0 {
		return nil
	}
	return r.extend(t)
}

// automateAll adds what the rules post to all transactions, for hledger.
func (r *reader) automateAll() error {
	if r.j.Format != Hledger || !r.opt.Automated || len(r.j.Automated) == 0 {
		return nil
	}
	for _, t := range r.j.Transactions {
		if err := r.extend(t); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) extend(t *Transaction) error {
	list := slices.Clip(t.Postings)
	for _, rule := range r.j.Automated {
		if rule.match == nil {
			continue
		}
		for i := range t.Postings {
			p := &t.Postings[i]
			if r.work += len(p.Account.Name) + len(rule.Query); r.work > maxWork {
				return &Error{rule.Position, ErrTooLarge, "the patterns of rules take too long"}
			}
			if !rule.match(p.Account.Name) {
				continue
			}
			for _, q := range rule.Postings {
				if r.made++; r.made > MaxResult {
					return &Error{rule.Position, ErrTooLarge, "the rules make more than a million postings"}
				}
				n := Posting{Account: q.Account, Amount: q.Amount, Kind: q.Kind, line: p.line, column: p.column, flags: automatic}
				if q.Times {
					n.Amount = Amount{p.Amount.Mul(q.Amount.Number), p.Amount.Commodity}
				}
				list = append(list, n)
			}
		}
	}
	t.Postings = list
	return nil
}
