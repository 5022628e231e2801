package storage

import "encoding/json"

// AppendJSON appends a text as json.Marshal writes it.
func AppendJSON[S ~string](b []byte, s S) []byte {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			text, _ := json.Marshal(string(s)) // never fails
			return append(b, text...)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}

// AppendJSON appends the reference as json.Marshal writes it.
func (r Ref) AppendJSON(b []byte) []byte {
	b = append(b, '{')
	if r.Kind != "" {
		b = AppendJSON(append(b, `"kind":`...), r.Kind)
	}
	if r.ID != "" {
		if r.Kind != "" {
			b = append(b, ',')
		}
		b = AppendJSON(append(b, `"id":`...), r.ID)
	}
	return append(b, '}')
}

// AppendJSON appends the identifier as json.Marshal writes it.
func (id ID[T]) AppendJSON(b []byte) []byte { return append(id.append(append(b, '"')), '"') }
