package sqlite

import (
	sqldriver "database/sql/driver"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tutas/tutas/storage/driver"
	"github.com/tutas/tutas/storage/internal/sqltext"
)

// arguments collects what a statement's placeholders stand for.
type arguments []sqldriver.NamedValue

func (a *arguments) raw(v sqldriver.Value) {
	*a = append(*a, sqldriver.NamedValue{Ordinal: len(*a) + 1, Value: v})
}

// value appends a value of a column, in the form in which the file holds it.
func (a *arguments) value(k driver.Kind, v driver.Value) error {
	raw, err := encode(k, v)
	if err != nil {
		return err
	}
	a.raw(raw)
	return nil
}

// row appends the values of some of a row's columns.
func (a *arguments) row(columns []driver.Column, r driver.Row) error {
	for i := range columns {
		if err := a.value(columns[i].Kind, r[i]); err != nil {
			return fmt.Errorf("column %s: %w", columns[i].Name, err)
		}
	}
	return nil
}

// statement appends what sqltext collected.
func (a *arguments) statement(args []sqltext.Arg) error {
	for _, arg := range args {
		if arg.List != nil {
			list, err := encodeList(arg.Kind, arg.List)
			if err != nil {
				return err
			}
			a.raw(list)
			continue
		}
		raw, err := encodeBound(arg.Kind, arg.Value)
		if err != nil {
			return err
		}
		a.raw(raw)
	}
	return nil
}

// encodeBound encodes a value that is compared, not stored. A date or instant outside the years 1 to 9999 may be one;
// it becomes a text before or after all that the file can hold.
func encodeBound(k driver.Kind, v driver.Value) (sqldriver.Value, error) {
	if v.IsNull() {
		return nil, nil
	}
	switch k {
	case driver.Date:
		if d := v.Int(); d < sqltext.MinDay {
			return "", nil
		} else if d > sqltext.MaxDay {
			return "~", nil
		}
	case driver.Instant:
		if m := v.Int(); m < sqltext.MinMicro {
			return "", nil
		} else if m > sqltext.MaxMicro {
			return "~", nil
		}
	case driver.Text:
		return v.Text(), nil
	}
	return encode(k, v)
}

func encode(k driver.Kind, v driver.Value) (sqldriver.Value, error) {
	if v.IsNull() {
		return nil, nil
	}
	switch k {
	case driver.Bool, driver.Int:
		return v.Int(), nil
	case driver.UUID:
		var b [36]byte
		return string(sqltext.AppendUUID(b[:0], v.UUID())), nil
	case driver.Date:
		d := v.Int()
		if d < sqltext.MinDay || d > sqltext.MaxDay {
			return nil, fmt.Errorf("day %d is outside the years 1 to 9999", d)
		}
		var b [10]byte
		return string(sqltext.AppendDate(b[:0], d)), nil
	case driver.Instant:
		m := v.Int()
		if m < sqltext.MinMicro || m > sqltext.MaxMicro {
			return nil, fmt.Errorf("microsecond %d is outside the years 1 to 9999", m)
		}
		var b [27]byte
		return string(sqltext.AppendInstant(b[:0], m)), nil
	}
	s := v.Text()
	if !utf8.ValidString(s) || strings.IndexByte(s, 0) >= 0 {
		return nil, fmt.Errorf("the text is not valid UTF-8 without NUL")
	}
	return s, nil
}

// encodeList writes values as a JSON array, for json_each.
func encodeList(k driver.Kind, values []driver.Value) (string, error) {
	b := []byte{'['}
	for i, v := range values {
		raw, err := encodeBound(k, v)
		if err != nil {
			return "", err
		}
		if i > 0 {
			b = append(b, ',')
		}
		switch x := raw.(type) {
		case int64:
			b = strconv.AppendInt(b, x, 10)
		case string:
			b = append(b, '"')
			for j := range len(x) {
				switch c := x[j]; {
				case c == '"' || c == '\\':
					b = append(b, '\\', c)
				case c < ' ':
					b = fmt.Appendf(b, `\u%04x`, c)
				default:
					b = append(b, c)
				}
			}
			b = append(b, '"')
		}
	}
	return string(append(b, ']')), nil
}

// decode reads back what encode wrote.
func decode(k driver.Kind, raw sqldriver.Value) (driver.Value, error) {
	switch x := raw.(type) {
	case nil:
		return driver.Null, nil
	case int64:
		if k == driver.Int || k == driver.Bool {
			return driver.IntValue(x), nil
		}
	case string:
		switch k {
		case driver.Text, driver.Decimal, driver.JSON:
			return driver.TextValue(x), nil
		case driver.UUID:
			id, err := sqltext.ParseUUID(x)
			return driver.UUIDValue(id), err
		case driver.Date:
			d, err := sqltext.ParseDate(x)
			return driver.IntValue(d), err
		case driver.Instant:
			m, err := sqltext.ParseInstant(x)
			return driver.IntValue(m), err
		}
	}
	return driver.Null, fmt.Errorf("the file holds a %T where it should not", raw)
}

// decodeRow reads a row of the given columns into out.
func decodeRow(columns []driver.Column, raw []sqldriver.Value, out driver.Row) error {
	for i := range columns {
		v, err := decode(columns[i].Kind, raw[i])
		if err != nil {
			return fmt.Errorf("column %s: %w", columns[i].Name, err)
		}
		out[i] = v
	}
	return nil
}
