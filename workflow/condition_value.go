package workflow

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// operand is what a field is compared with, of the field's kind.
type operand struct {
	text    string
	number  *number
	money   money.Amount
	flag    bool
	date    date.Date
	instant time.Time
	// days, months and length are added to today, or to now.
	relative     bool
	days, months int
	length       time.Duration
}

// number is a constant, ready in the scales that fields mostly have, so that comparing allocates nothing.
type number struct {
	decimal.Decimal
	scaled [9]decimal.Decimal // by decimals
	exact  [9]bool
}

func newNumber(d decimal.Decimal) *number {
	n := &number{Decimal: d}
	for i := range n.scaled {
		if r := d.Round(int32(i)); r.Equal(d) {
			n.scaled[i] = decimal.NewFromBigInt(d.Shift(int32(i)).BigInt(), -int32(i))
			n.exact[i] = true
		}
	}
	return n
}

// compare is d against the constant.
func (n *number) compare(d decimal.Decimal) int {
	if x := -d.Exponent(); x >= 0 && int(x) < len(n.scaled) && n.exact[x] {
		return d.Cmp(n.scaled[x])
	}
	return d.Cmp(n.Decimal)
}

// parseOperand reads one value for a field, or answers the code of what is wrong.
func (f *Fact[D]) parseOperand(raw json.RawMessage) (o operand, fault string) {
	if string(bytes.TrimSpace(raw)) == "null" { // which package json reads as "" and as false
		return o, storage.CodeType
	}
	switch f.Kind {
	case KindText, KindEnum, KindList:
		if json.Unmarshal(raw, &o.text) != nil {
			return o, storage.CodeType
		}
		if f.Kind == KindEnum && len(f.Choices) > 0 && !slices.Contains(f.Choices, o.text) {
			return o, storage.CodeChoice
		}
	case KindNumber:
		d, fault := parseNumber(raw)
		if fault != "" {
			return o, fault
		}
		o.number = newNumber(d)
	case KindMoney:
		if json.Unmarshal(raw, &o.money) != nil || o.money.Currency() == "" {
			return o, storage.CodeType
		}
	case KindBool:
		if json.Unmarshal(raw, &o.flag) != nil {
			return o, storage.CodeType
		}
	case KindDate:
		if fault := o.parseRelative(raw, "today", "today_months"); o.relative || fault != "" {
			return o, fault
		}
		if json.Unmarshal(raw, &o.date) != nil || o.date.IsZero() {
			return o, storage.CodeType
		}
	case KindInstant:
		if fault := o.parseRelative(raw, "now_hours", "now_days"); o.relative || fault != "" {
			return o, fault
		}
		if json.Unmarshal(raw, &o.instant) != nil || o.instant.IsZero() {
			return o, storage.CodeType
		}
	}
	return o, ""
}

// parseNumber reads a decimal as text or as a number of JSON, digit for digit.
func parseNumber(raw json.RawMessage) (decimal.Decimal, string) {
	s := strings.Trim(string(bytes.TrimSpace(raw)), `"`)
	if len(s) == 0 || len(s) > 60 {
		return decimal.Decimal{}, storage.CodeType
	}
	d, err := decimal.NewFromString(s)
	if err != nil || d.Exponent() > 40 || d.Exponent() < -40 {
		return decimal.Decimal{}, storage.CodeType
	}
	return d, ""
}

// farRelative bounds how far from today something may lie, in days, hours or months.
const farRelative = 1_000_000

// parseRelative reads an offset from today or now.
func (o *operand) parseRelative(raw json.RawMessage, words ...string) string {
	if raw = bytes.TrimSpace(raw); len(raw) == 0 || raw[0] != '{' {
		return ""
	}
	var object map[string]int
	if json.Unmarshal(raw, &object) != nil || len(object) != 1 {
		return storage.CodeType
	}
	for _, word := range words {
		n, ok := object[word]
		if !ok {
			continue
		}
		if n > farRelative || n < -farRelative {
			return storage.CodeRange
		}
		switch o.relative = true; word {
		case "today", "now_days":
			o.days = n
		case "today_months":
			o.months = n
		case "now_hours":
			o.length = time.Duration(n) * time.Hour
		}
		return ""
	}
	return storage.CodeType
}

// day is the date that the operand stands for.
func (o *operand) day(today date.Date) date.Date {
	if !o.relative {
		return o.date
	}
	if o.months != 0 {
		today = today.AddMonths(o.months)
	}
	return today.AddDays(o.days)
}

func (o *operand) moment(now time.Time) time.Time {
	if !o.relative {
		return o.instant
	}
	return now.AddDate(0, 0, o.days).Add(o.length)
}

// operands reads the values of a leaf: none, one, two or a list, as its operator demands. Faults are at JSON pointers below at.
func (f *Fact[D]) operands(bad *storage.Invalid, at string, op Op, raw json.RawMessage) (list []operand) {
	at += "/value"
	one := func(path string, raw json.RawMessage) {
		o, fault := f.parseOperand(raw)
		bad.Check(fault == "", path, fault, "")
		list = append(list, o)
	}
	switch op {
	case OpEmpty, OpPresent, OpChanged:
		bad.Check(raw == nil, at, CodeShape, "takes no value")
	case OpIn, OpNotIn, OpAnyOf, OpAllOf, OpBetween:
		var values []json.RawMessage
		if json.Unmarshal(raw, &values) != nil || len(values) == 0 {
			bad.Add(at, storage.CodeType, "a list")
			return nil
		}
		if len(values) > MaxValues {
			bad.Add(at, CodeTooMany, "")
			return nil
		}
		bad.Check(op != OpBetween || len(values) == 2, at, CodeShape, "two values")
		for i, v := range values {
			one(at+"/"+strconv.Itoa(i), v)
		}
	default:
		if raw == nil {
			bad.Add(at, storage.CodeRequired, "")
			return nil
		}
		one(at, raw)
	}
	return list
}
