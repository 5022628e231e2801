package journal

import (
	"io/fs"
	"path"
	"slices"
	"strings"
)

// include reads other files where the directive stands. What they set ends with them, but for ledger, where it stays.
func (r *reader) include(x *lexer) error {
	at := x.i
	name := strings.TrimSpace(x.rest())
	if i := strings.Index(name, "  ;"); i >= 0 {
		name = strings.TrimSpace(name[:i])
	}
	name = strings.Trim(name, `"`)
	for _, kind := range []string{"hledger:", "journal:", "ledger:"} {
		name = strings.TrimPrefix(name, kind)
	}
	files, err := r.found(name, at)
	if err != nil {
		return err
	}
	for _, f := range files {
		if err := r.includeFile(f, at); err != nil {
			return err
		}
	}
	return nil
}

// found lists the files that a name or a pattern stands for, sorted.
func (r *reader) found(name string, at int) ([]string, error) {
	if r.fsys == nil {
		return nil, r.fault(at, ErrInclude, "no file system was given")
	}
	full := path.Join(path.Dir(r.j.Files[r.file]), name)
	if name == "" || strings.HasPrefix(name, "/") || strings.HasPrefix(name, "~") || !fs.ValidPath(full) {
		return nil, r.fault(at, ErrInclude, "outside the file system: "+near(name))
	}
	if !strings.ContainsAny(name, "*?[") {
		return []string{full}, nil
	}
	files, err := fs.Glob(r.fsys, full)
	files = slices.DeleteFunc(files, func(f string) bool {
		info, err := fs.Stat(r.fsys, f)
		return err != nil || info.IsDir() || slices.Contains(r.chain, f)
	})
	if err != nil || len(files) == 0 {
		return nil, r.fault(at, ErrInclude, "no file is like "+near(name))
	}
	return files, nil
}

func (r *reader) includeFile(name string, at int) error {
	switch {
	case slices.Contains(r.chain, name):
		return r.fault(at, ErrInclude, near(name)+" includes itself")
	case len(r.chain) >= MaxInclude || len(r.j.Files) >= MaxFiles:
		return r.fault(at, ErrTooLarge, "at most 32 files in one another, and 10,000 in all")
	}
	text, err := readFile(r.fsys, name)
	if err != nil {
		return r.fault(at, ErrInclude, err.Error())
	}
	if r.read += len(text); r.read > MaxFile {
		return r.fault(at, ErrTooLarge, "at most 1 GiB in all files")
	}
	file, line, ln, scope := r.file, r.line, r.ln, r.scope
	r.file = uint16(len(r.j.Files))
	r.j.Files, r.chain = append(r.j.Files, name), append(r.chain, name)
	r.forget()
	if r.j.Format == Beancount {
		err = r.beanText(text)
	} else {
		err = r.text(text)
		if err == nil && r.in != inJournal {
			r.in = inJournal // a block comment ends with its file
		}
	}
	r.chain = r.chain[:len(r.chain)-1]
	r.file, r.line, r.ln = file, line, ln
	if r.j.Format != Ledger {
		r.scope = scope
	}
	r.forget()
	return err
}
