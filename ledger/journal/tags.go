package journal

import "strings"

// TagsIn lists the tags in a comment: "name: value" up to a comma or the end of the line, and ":one:two:".
func TagsIn(comment string) (list []Tag) {
	for line := range strings.Lines(comment) {
		line = strings.TrimSpace(line)
		if len(line) > 2 && line[0] == ':' && line[len(line)-1] == ':' && !strings.ContainsAny(line, " \t") {
			for _, name := range strings.Split(line[1:len(line)-1], ":") {
				if name != "" {
					list = append(list, Tag{Name: name})
				}
			}
			continue
		}
		for rest := line; ; {
			at := strings.IndexByte(rest, ':')
			if at < 0 {
				break
			}
			name := rest[:at]
			name = name[strings.LastIndexAny(name, " \t,")+1:]
			value, more, _ := strings.Cut(rest[at+1:], ",")
			if name != "" && !strings.HasPrefix(rest[at+1:], "//") {
				list = append(list, Tag{name, strings.TrimSpace(value)})
			}
			rest = more
		}
	}
	return list
}

// Tags lists the transaction's tags: those of its comments, and beancount's tags and metadata.
func (t *Transaction) Tags() []Tag {
	if t.Extra == nil {
		return nil
	}
	return append(TagsIn(t.Extra.Comment), t.Extra.Tags...)
}

// Tags lists the posting's own tags.
func (p *Posting) Tags() []Tag {
	if p.Extra == nil {
		return nil
	}
	return append(TagsIn(p.Extra.Comment), p.Extra.Tags...)
}
