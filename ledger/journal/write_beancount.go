package journal

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tutas/tutas/ledger/date"
)

// beancount writes beancount's form. What was read from it keeps its names; others get such as it takes.
func (p *printer) beancount() error {
	if err := p.beanNames(); err != nil {
		return err
	}
	for _, o := range p.j.Options {
		p.put("option ", quote(o.Name), " ", quote(o.Value), "\n")
	}
	own := p.j.Format == Beancount
	for _, d := range p.j.Directives {
		switch {
		case !own:
		case d.Name == "plugin":
			p.put("plugin ", d.Text, "\n")
		case !d.Date.IsZero():
			p.put(d.Date.String(), " ", d.Name, " ", d.Text, "\n")
			p.meta(d.Tags, "  ", true)
		}
	}
	if !own || len(p.j.entries) == 0 { // not read from beancount
		p.opens(p.first())
	}
	for _, x := range p.j.Prices {
		p.put(x.Date.String(), " price ", p.codes[x.Commodity], " ")
		p.amount(x.Amount)
		p.put("\n")
	}
	for _, t := range p.j.Transactions {
		if t.padding {
			continue
		}
		if err := p.beanTransaction(t, own); err != nil {
			return err
		}
	}
	return nil
}

// first is the date of the earliest transaction.
func (p *printer) first() date.Date {
	first := date.Date{}
	for _, t := range p.j.Transactions {
		first = date.Earlier(first, t.Date)
	}
	if first.IsZero() {
		first = date.Must(1970, 1, 1)
	}
	return first
}

// opens writes an open directive for each account, at its own date or, without one, the first.
func (p *printer) opens(first date.Date) {
	done := map[string]bool{}
	for _, a := range p.j.Accounts {
		name := p.names[a]
		if done[name] {
			continue
		}
		done[name] = true
		at := first
		if !a.Opened.IsZero() {
			at = date.Earlier(a.Opened, first)
		}
		p.put(at.String(), " open ", name, "\n")
		var note []string
		for line := range strings.SplitSeq(a.Comment, "\n") {
			if key, value, ok := strings.Cut(line, ": "); ok && (key == "code" || key == "name") {
				p.put("  ", key, ": ", quote(oneLine(value)), "\n")
			} else {
				note = append(note, line)
			}
		}
		if text := oneLine(strings.Join(note, "\n")); text != "" {
			p.put("  note: ", quote(text), "\n")
		}
		if !a.Closed.IsZero() {
			p.put(a.Closed.AddDays(1).String(), " close ", name, "\n")
		}
	}
}

// meta writes metadata; raw says that values are in beancount's own form.
func (p *printer) meta(list []Tag, indent string, raw bool) {
	for _, t := range list {
		if t.Value == "" && raw {
			continue
		}
		value := t.Value
		if !raw {
			value = quote(oneLine(value))
		}
		p.put(indent, metaKey(t.Name), ": ", value, "\n")
	}
}

// metaKey makes a key that beancount takes: a small letter, then letters, digits, - and _.
func metaKey(s string) string {
	out := []byte(s)
	for i, c := range out {
		if !isLower(c) && !isUpper(c) && !isDigit(c) && c != '-' && c != '_' {
			out[i] = '-'
		}
	}
	if len(out) == 0 || !isLower(out[0]) {
		out = append([]byte("x"), out...)
	}
	if len(out) < 2 {
		out = append(out, '-')
	}
	return string(out)
}

func (p *printer) beanTransaction(t *Transaction, own bool) error {
	p.put("\n", t.Date.String())
	switch {
	case t.Flag != 0:
		p.put(" ", string(rune(t.Flag)))
	case t.Status == Pending:
		p.put(" !")
	default:
		p.put(" *")
	}
	e := t.Extra
	if e == nil {
		e = &TransactionExtra{}
	}
	text := t.Description
	if e.Payee != "" {
		p.put(" ", quote(e.Payee))
	} else if payee, note, ok := strings.Cut(text, "|"); ok && !own {
		p.put(" ", quote(strings.TrimSpace(payee)))
		text = strings.TrimSpace(note)
	}
	p.put(" ", quote(text))
	var meta []Tag
	for _, g := range e.Tags {
		if g.Value == "" && g.Name != "" && g.Name == beanName(g.Name) {
			p.put(" #", g.Name)
		} else {
			meta = append(meta, g)
		}
	}
	for _, l := range e.Links {
		p.put(" ^", l)
	}
	p.put("\n")
	p.meta(meta, "  ", own)
	if !own {
		if t.Code != "" {
			p.put("  code: ", quote(oneLine(t.Code)), "\n")
		}
		if e.Comment != "" {
			p.put("  comment: ", quote(oneLine(e.Comment)), "\n")
		}
		if !e.Date2.IsZero() {
			p.put("  date2: ", e.Date2.String(), "\n")
		}
	}
	at, implied, err := p.implied(t, own)
	if err != nil {
		return err
	}
	for i := range t.Postings {
		q := t.Postings[i]
		if i == at {
			q.Extra = &PostingExtra{Cost: implied}
			if e := t.Postings[i].Extra; e != nil {
				q.Extra.Comment, q.Extra.Tags = e.Comment, e.Tags
			}
		}
		if err := p.beanPosting(t, &q, own); err != nil {
			return err
		}
	}
	return nil
}

// implied finds the price in a transaction that exchanges two commodities without naming one, which beancount does not infer: that of
// the only posting of its commodity. Without such an exchange the place is -1.
func (p *printer) implied(t *Transaction, own bool) (at int, c *Cost, err error) {
	if own {
		return -1, nil, nil
	}
	var s sums
	for i := range t.Postings {
		if q := &t.Postings[i]; q.Kind != Virtual {
			if q.Extra != nil && q.Extra.Cost != nil {
				return -1, nil, nil
			}
			w := q.Weight(p.j.Format)
			s.add(w.Commodity, w.Number)
		}
	}
	var open []sum
	for _, x := range s.list {
		if !x.n.IsZero() {
			open = append(open, x)
		}
	}
	if len(open) != 2 {
		return -1, nil, nil
	}
	for k, x := range open {
		count, last := 0, -1
		for i := range t.Postings {
			if q := &t.Postings[i]; q.Kind != Virtual && q.Amount.Commodity == x.c {
				count, last = count+1, i
			}
		}
		if count == 1 {
			return last, &Cost{Amount: Amount{open[1-k].n.Abs(), open[1-k].c}, Total: true}, nil
		}
	}
	return -1, nil, p.refuse(t, "an exchange between several postings of both commodities, without a price")
}

// beanName is what of a text may stand in a tag or a link.
func beanName(s string) string {
	x := lexer{s: s}
	return x.name()
}

func (p *printer) beanPosting(t *Transaction, q *Posting, own bool) error {
	switch {
	case own && q.flags&inferred != 0 && q.flags&further != 0:
		return nil
	case q.Kind == Virtual && !q.Amount.IsZero():
		return p.refuse(t, "beancount has no postings that need not balance: "+near(q.Account.Name))
	}
	p.put("  ")
	e := q.Extra
	if e == nil {
		e = &PostingExtra{}
	}
	switch {
	case e.Flag != 0:
		p.put(string(rune(e.Flag)), " ")
	case q.Status == Cleared:
		p.put("* ")
	case q.Status == Pending:
		p.put("! ")
	}
	p.put(p.names[q.Account])
	if own && q.flags&inferred != 0 {
		p.put("\n")
		p.meta(e.Tags, "    ", own)
		return nil
	}
	p.put("  ")
	p.amount(q.Amount)
	lot, cost := e.Lot, e.Cost
	if !own { // an amount weighs what its cost says; lots of others are not booked
		lot = nil
		if w := q.Weight(p.j.Format); w.Commodity != q.Amount.Commodity {
			if cost == nil || !cost.Amount.Equal(w.Abs()) || !cost.Total {
				if cost == nil || cost.Total || p.j.Format == Ledger && e.Lot != nil && e.Lot.Price.Commodity != nil {
					cost = &Cost{Amount: Amount{w.Abs(), w.Commodity}, Total: true}
				}
			}
			if w.Sign()*q.Amount.Sign() < 0 || cost.Amount.Sign() < 0 {
				return p.refuse(t, "beancount takes no price below zero")
			}
		}
	}
	if lot != nil {
		p.put(" {")
		parts := 0
		if lot.Price.Commodity != nil {
			p.amount(lot.Price)
			parts++
		}
		if !lot.Date.IsZero() {
			if parts++; parts > 1 {
				p.put(", ")
			}
			p.put(lot.Date.String())
		}
		if lot.Label != "" {
			if parts++; parts > 1 {
				p.put(", ")
			}
			p.put(quote(lot.Label))
		}
		p.put("}")
	}
	if cost != nil {
		p.put(map[bool]string{false: " @ ", true: " @@ "}[cost.Total])
		p.amount(cost.Amount)
	}
	p.put("\n")
	p.meta(e.Tags, "    ", own)
	if e.Comment != "" && !own {
		p.put("    comment: ", quote(oneLine(e.Comment)), "\n")
	}
	return nil
}

// beanNames finds the names of accounts and commodities.
func (p *printer) beanNames() error {
	p.names, p.codes = make(map[*Account]string, len(p.j.Accounts)), make(map[*Commodity]string, len(p.j.Commodities))
	taken, codes := names{}, names{}
	for _, a := range p.j.Accounts {
		if p.j.Format == Beancount {
			p.names[a] = a.Name
			continue
		}
		root := rootOf(a)
		if root == "" {
			return &Error{Position{}, ErrWrite, "beancount wants to know the type of the account " + near(a.Name)}
		}
		p.names[a] = taken.one(BeancountName(root, a.Name), maxName)
	}
	for _, c := range p.j.Commodities {
		if p.j.Format == Beancount {
			p.codes[c] = c.Symbol
			continue
		}
		p.codes[c] = codes.one(BeancountCode(c.Symbol), 24)
	}
	return nil
}

// rootOf tells beancount's root by what was declared, or by the words that people use; "" if nothing does.
func rootOf(a *Account) string {
	for _, word := range []string{a.Type, a.Root()} {
		switch strings.ToLower(word) {
		case "a", "asset", "assets", "c", "cash":
			return "Assets"
		case "l", "liability", "liabilities", "debts":
			return "Liabilities"
		case "e", "equity", "v", "conversion":
			return "Equity"
		case "r", "revenue", "revenues", "income", "i":
			return "Income"
		case "x", "expense", "expenses":
			return "Expenses"
		}
	}
	return ""
}

// BeancountName makes an account's name that beancount takes, below one of its roots: parts begin with a capital or a digit and
// have letters, digits and dashes alone. A first part that says the same as the root is left out.
func BeancountName(root, name string) string {
	parts := strings.Split(name, ":")
	if len(parts) > 1 && (rootOf(&Account{Name: parts[0]}) == root || parts[0] == root) {
		parts = parts[1:]
	}
	out := []string{root}
	for _, part := range parts {
		part = strings.Trim(strings.Map(func(c rune) rune {
			if c < utf8.RuneSelf && (isUpper(byte(c)) || isLower(byte(c)) || isDigit(byte(c))) || c >= utf8.RuneSelf && unicode.IsLetter(c) {
				return c
			}
			return '-'
		}, part), "-")
		if part == "" {
			part = "X"
		}
		first, size := utf8.DecodeRuneInString(part)
		if up := unicode.ToUpper(first); unicode.IsUpper(up) {
			part = string(up) + part[size:]
		} else if !isDigit(part[0]) { // scripts without capitals
			part = "X" + part
		}
		out = append(out, part)
	}
	return strings.Join(out, ":")
}

// signs are the symbols that have a code of their own.
var signs = map[string]string{"$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "": "NONE",
	"₸": "KZT", "₽": "RUB", "₴": "UAH", "₺": "TRY"}

// BeancountCode makes a currency that beancount takes: capitals, digits and '._- , 2 to 24 of them, the first a capital.
func BeancountCode(symbol string) string {
	if code, ok := signs[symbol]; ok {
		return code
	}
	out := make([]byte, 0, 24)
	for _, c := range []byte(strings.ToUpper(symbol)) {
		if !isUpper(c) && !isDigit(c) && strings.IndexByte("'._-", c) < 0 {
			c = '-'
		}
		out = append(out, c)
	}
	if len(out) == 0 || !isUpper(out[0]) {
		out = append([]byte("X"), out...)
	}
	s := strings.TrimRight(string(out[:min(len(out), 20)]), "'._-")
	if len(s) < 2 {
		s += "X"
	}
	return s
}
