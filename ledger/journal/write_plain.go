package journal

import (
	"strings"
)

// plain writes hledger's and ledger's form.
func (p *printer) plain() error {
	if p.f == Hledger {
		p.put("decimal-mark .\n")
	}
	for _, c := range p.j.Commodities {
		if c.Declared {
			p.commodity(c)
		}
	}
	for _, a := range p.j.Accounts {
		if a.Declared {
			p.account(a)
		}
	}
	for _, d := range p.j.Directives {
		if d.Name == "payee" || d.Name == "tag" || d.Name == "N" {
			p.put(d.Name, " ", oneLine(d.Text))
			if d.Comment != "" {
				p.put("  ; ", oneLine(d.Comment))
			}
			p.put("\n")
		}
	}
	for _, r := range p.j.Periodic {
		p.rule("~", r, false)
	}
	for _, r := range p.j.Automated {
		p.rule("=", r, r.match != nil || p.f != p.j.Format)
	}
	for i, x := range p.j.Prices {
		if i == 0 {
			p.put("\n")
		}
		p.put("P ", x.Date.String(), " ")
		p.buf = appendSymbol(p.buf[:0], x.Commodity.Symbol)
		p.w.Write(p.buf)
		p.put(" ")
		p.amount(x.Amount)
		p.put("\n")
	}
	for _, t := range p.j.Transactions {
		if err := p.transaction(t); err != nil {
			return err
		}
	}
	return nil
}

func (p *printer) commodity(c *Commodity) {
	var sample string
	if c.Scale >= 0 {
		sample = Amount{NewNumber(1000, 0).Add(NewNumber(0, c.Scale)), c}.String()
		if c.Scale == 0 && p.f == Hledger { // it demands a mark there
			sample = strings.Replace(sample, "1000", "1000.", 1)
		}
	}
	symbol := string(appendSymbol(nil, c.Symbol))
	switch {
	case p.f == Hledger && sample != "":
		p.put("commodity ", sample)
	case c.Symbol == "": // ledger styles no bare numbers
		return
	default:
		p.put("commodity ", symbol)
	}
	if c.Comment != "" && p.f == Hledger {
		p.put("  ; ", oneLine(c.Comment))
	}
	p.put("\n")
	if p.f == Ledger && sample != "" {
		p.put("    format ", sample, "\n")
	}
}

func (p *printer) account(a *Account) {
	p.put("account ", a.Name, "\n")
	comment := a.Comment
	if a.Type != "" && !hasType(comment) {
		comment = strings.TrimPrefix(comment+"\ntype: "+a.Type, "\n")
	}
	p.comment(comment)
}

func hasType(comment string) bool {
	for _, t := range TagsIn(comment) {
		if t.Name == "type" {
			return true
		}
	}
	return false
}

// comment writes the lines of a comment below what they are about.
func (p *printer) comment(text string) {
	if text == "" {
		return
	}
	for line := range strings.SplitSeq(text, "\n") {
		p.put("    ; ", oneLine(line), "\n")
	}
}

func (p *printer) rule(sign string, r *Rule, asComment bool) {
	lead := ""
	if asComment { // its postings are written out, or it would post what it did not
		lead = "; "
	}
	p.put("\n", lead, sign, " ", oneLine(r.Query))
	if r.Comment != "" {
		p.put("  ; ", oneLine(r.Comment))
	}
	p.put("\n")
	for i := range r.Postings {
		q := &r.Postings[i]
		p.put(lead, "    ", named(q.Account.Name, q.Kind))
		if !q.Elided {
			p.put("  ")
			if q.Times && p.j.Format == Hledger {
				p.put("*")
			}
			p.amount(q.Amount)
		}
		p.put("\n")
	}
}

func named(name string, k Kind) string {
	switch k {
	case Balanced:
		return "[" + name + "]"
	case Virtual:
		return "(" + name + ")"
	}
	return name
}

// readable reports whether an account's name, which an alias may have made, is read on a posting's line as what it is.
func readable(name string, k Kind) bool {
	first, last := name[0], name[len(name)-1]
	if k == Real && (strings.IndexByte("!*;", first) >= 0 || first == '(' && last == ')' || first == '[' && last == ']') {
		return false
	}
	return first != ' ' && last != ' ' && !strings.Contains(name, "  ") && strings.IndexByte(name, '\t') < 0
}

func (p *printer) transaction(t *Transaction) error {
	p.put("\n", t.Date.String())
	e := t.Extra
	if e == nil {
		e = &TransactionExtra{}
	}
	if !e.Date2.IsZero() {
		p.put("=", e.Date2.String())
	}
	text := p.description(t, e)
	switch t.Status {
	case Cleared:
		p.put(" *")
	case Pending:
		p.put(" !")
	}
	switch {
	case t.Code != "":
		p.put(" (", strings.ReplaceAll(oneLine(t.Code), ")", "]"), ")")
	case text != "" && (text[0] == '(' || t.Status == Unmarked && (text[0] == '*' || text[0] == '!')):
		p.put(" ()")
	}
	if text != "" {
		p.put(" ", text)
	}
	p.put("\n")
	p.comment(e.Comment)
	p.tags(e.Tags, e.Links)
	elided := false
	for i := range t.Postings {
		if err := p.posting(t, &t.Postings[i], &elided); err != nil {
			return err
		}
	}
	return nil
}

func (p *printer) description(t *Transaction, e *TransactionExtra) string {
	text := t.Description
	if e.Payee != "" {
		text = e.Payee + " | " + text
	}
	text = oneLine(text)
	if p.f == Hledger {
		return strings.ReplaceAll(text, ";", ",")
	}
	for strings.Contains(text, "  ;") {
		text = strings.ReplaceAll(text, "  ;", " ;")
	}
	if strings.HasPrefix(text, ";") {
		text = "," + text[1:]
	}
	return text
}

// tags writes tags that are not in a comment, and beancount's metadata and links.
func (p *printer) tags(list []Tag, links []string) {
	for _, t := range list {
		p.put("    ; ", strings.ReplaceAll(oneLine(t.Name), " ", "-"), ": ", strings.Trim(oneLine(t.Value), `"`), "\n")
	}
	for _, l := range links {
		p.put("    ; link: ", l, "\n")
	}
}

func (p *printer) posting(t *Transaction, q *Posting, elided *bool) error {
	same := p.f == p.j.Format
	leave := q.flags&inferred != 0 && p.j.Format != Beancount
	switch {
	case !leave:
	case q.flags&further != 0: // of the posting before it
		if leave = p.left; leave {
			return nil
		}
	default:
		leave = p.f != Ledger || !*elided // it leaves one out in all
		p.left, *elided = leave, true
	}
	if !readable(q.Account.Name, q.Kind) {
		return p.refuse(t, "the account "+near(q.Account.Name)+" would be read as something else")
	}
	p.put("    ")
	switch q.Status {
	case Cleared:
		p.put("* ")
	case Pending:
		p.put("! ")
	}
	p.put(named(q.Account.Name, q.Kind))
	e := q.Extra
	if e == nil {
		e = &PostingExtra{}
	}
	var notes []string
	switch {
	case leave:
	case q.flags&assigned != 0 && same:
		p.put("  ")
	default:
		p.put("  ")
		p.amount(q.Amount)
		var err error
		if notes, err = p.lots(t, q, e); err != nil {
			return err
		}
	}
	if a := e.Assertion; a != nil {
		form := " =" + strings.Repeat("=", b2i(a.All)) + strings.Repeat("*", b2i(a.Under)) + " "
		plain := !a.All && !a.Under && p.sorted && q.flags&assigned == 0 && (!a.Amount.IsZero() || a.Amount.Commodity.Symbol != "")
		if same || plain {
			p.put(form)
			p.amount(a.Amount)
		} else {
			notes = append(notes, "asserted:"+form+a.Amount.String())
		}
	}
	p.put("\n")
	p.comment(e.Comment)
	p.tags(e.Tags, nil)
	for _, n := range notes {
		p.put("    ; ", n, "\n")
	}
	return nil
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// lots writes lot and cost, so that the posting weighs in the new format what it does in its own. What does not fit is returned
// as notes.
func (p *printer) lots(t *Transaction, q *Posting, e *PostingExtra) (notes []string, err error) {
	lot, cost := e.Lot, e.Cost
	if from := p.j.Format; from != p.f && lot != nil {
		price := lot.Price.Commodity != nil
		switch {
		case from == Beancount && price: // the lot is the cost
			if cost != nil {
				notes = append(notes, "price: "+cost.Amount.String())
			}
			cost = &Cost{Amount: lot.Price, Total: lot.Total}
		case from == Ledger && price && cost != nil:
			if !cost.Amount.Equal(lot.Price.Number) || cost.Amount.Commodity != lot.Price.Commodity || cost.Total != lot.Total {
				notes = append(notes, "price: "+cost.Amount.String())
			}
			cost = &Cost{Amount: lot.Price, Total: lot.Total, Virtual: cost.Virtual}
		case from == Hledger && price && cost != nil:
			notes = append(notes, "lot: "+lot.Price.String())
			lot = nil
		}
	}
	if lot != nil {
		if a := lot.Price; a.Commodity != nil {
			open, end := " {", "}"
			if lot.Total {
				open, end = " {{", "}}"
			}
			if lot.Fixed {
				open += "="
			}
			p.put(open)
			p.amount(a)
			p.put(end)
		}
		if !lot.Date.IsZero() {
			p.put(" [", lot.Date.String(), "]")
		}
		if lot.Label != "" && p.f == Ledger {
			p.put(" (", strings.ReplaceAll(oneLine(lot.Label), ")", "]"), ")")
		}
	}
	if cost != nil {
		if cost.Amount.Sign() < 0 && p.f == Ledger {
			return nil, p.refuse(t, "ledger takes no cost below zero")
		}
		sign := "@"
		if cost.Total {
			sign = "@@"
		}
		if cost.Virtual {
			sign = "(" + sign + ")"
		}
		p.put(" ", sign, " ")
		p.amount(cost.Amount)
	}
	return notes, nil
}
